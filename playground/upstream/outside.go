package upstream

// outside is the public side of the practice sites: their names, and HTTPS in front of
// each.
type outside struct {
	authority           *authority
	staging, production *front
	names               *nameServers
}

func newOutside(p Place, staging, production *site) (*outside, error) {
	o := &outside{}
	var err error
	if o.authority, err = openAuthority(p); err != nil {
		return nil, err
	}
	if o.staging, err = newFront(p, staging, o.authority, "staging", stagingName); err != nil {
		return nil, err
	}
	if o.production, err = newFront(p, production, o.authority, "production", productionName); err != nil {
		return nil, err
	}
	o.names, err = newNameServers(p)
	return o, err
}

// domain is the upstream of the name servers. It also has the variable for the
// certificate authority, which all sites share.
func (o *outside) domain(p Place) (*Upstream, error) {
	u, err := o.names.upstream(p)
	if err == nil {
		u.Variables = append(u.Variables,
			Variable{"TLS_AUTHORITIES", o.authority.file, "the authority of the practice sites' certificates"},
			Variable{"DASHBOARDS_ORIGIN", dashboardsOrigin, "the site whose scripts may read the practice sites' answers"})
	}
	return u, err
}
