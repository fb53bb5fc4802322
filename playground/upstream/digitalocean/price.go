package digitalocean

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// priced is an instance size and what one instance costs a month, in USD.
type priced struct {
	slug   string
	dollar int
}

// sizes are the instance sizes on offer, and after them the older slugs that
// are still accepted (https://docs.digitalocean.com/products/app-platform/details/pricing/).
var sizes = []priced{
	{"apps-s-1vcpu-0.5gb", 5}, {"apps-s-1vcpu-1gb-fixed", 10}, {"apps-s-1vcpu-1gb", 12}, {"apps-s-1vcpu-2gb", 25}, {"apps-s-2vcpu-4gb", 50},
	{"apps-d-1vcpu-0.5gb", 29}, {"apps-d-1vcpu-1gb", 34}, {"apps-d-1vcpu-2gb", 39}, {"apps-d-1vcpu-4gb", 49},
	{"apps-d-2vcpu-4gb", 78}, {"apps-d-2vcpu-8gb", 98}, {"apps-d-4vcpu-8gb", 156}, {"apps-d-4vcpu-16gb", 196}, {"apps-d-8vcpu-32gb", 392},
	{"basic-xxs", 5}, {"basic-xs", 10}, {"basic-s", 20}, {"basic-m", 40},
	{"professional-xs", 12}, {"professional-s", 25}, {"professional-m", 50}, {"professional-1l", 75}, {"professional-l", 150}, {"professional-xl", 300},
}

// single are the sizes of which an app can have one instance only.
var single = map[string]bool{"apps-s-1vcpu-0.5gb": true, "apps-s-1vcpu-1gb-fixed": true, "basic-xxs": true, "basic-xs": true}

// sizeView is an instance size as the API tells it. Its fields are those of godo's
// AppInstanceSize.
type sizeView struct {
	Name               string `json:"name"`
	Slug               string `json:"slug"`
	CPUType            string `json:"cpu_type"`
	USDPerMonth        string `json:"usd_per_month"`
	USDPerSecond       string `json:"usd_per_second"`
	SingleInstanceOnly bool   `json:"single_instance_only,omitempty"`
}

// billed is for how long a month is paid, which is 28 days
// (https://docs.digitalocean.com/products/app-platform/details/pricing/).
const billed = 28 * 24 * time.Hour

func (p *Platform) listSizes(*request) (any, error) {
	var all []sizeView
	for _, s := range sizes {
		v := sizeView{Name: s.slug, Slug: s.slug, CPUType: "SHARED", SingleInstanceOnly: single[s.slug]}
		if strings.HasPrefix(s.slug, "apps-d-") {
			v.CPUType = "DEDICATED"
		}
		v.USDPerMonth = fmt.Sprintf("%d.00", s.dollar)
		v.USDPerSecond = fmt.Sprintf("%.12f", float64(s.dollar)/billed.Seconds())
		all = append(all, v)
	}
	return map[string]any{"instance_sizes": all}, nil
}

// defaultSize is what a component without a size gets.
const defaultSize = "apps-s-1vcpu-0.5gb"

// region is a place where apps run.
type region struct {
	Slug        string   `json:"slug"`
	Label       string   `json:"label"`
	Flag        string   `json:"flag"`
	Continent   string   `json:"continent"`
	DataCenters []string `json:"data_centers"`
}

var regions = []region{
	{"ams", "Amsterdam", "netherlands", "Europe", []string{"ams3"}},
	{"nyc", "New York", "usa", "North America", []string{"nyc1", "nyc3"}},
	{"fra", "Frankfurt", "germany", "Europe", []string{"fra1"}},
	{"sfo", "San Francisco", "usa", "North America", []string{"sfo3"}},
	{"sgp", "Singapore", "singapore", "Asia", []string{"sgp1"}},
	{"blr", "Bangalore", "india", "Asia", []string{"blr1"}},
	{"tor", "Toronto", "canada", "North America", []string{"tor1"}},
	{"lon", "London", "england", "Europe", []string{"lon1"}},
	{"syd", "Sydney", "australia", "Oceania", []string{"syd1"}},
}

func (s priced) id() string { return s.slug }
func (r region) id() string { return r.Slug }

// find looks for the entry of a list with this slug.
func find[T interface{ id() string }](list []T, slug string) (T, bool) {
	i := slices.IndexFunc(list, func(one T) bool { return one.id() == slug })
	if i < 0 {
		var none T
		return none, false
	}
	return list[i], true
}

func known[T interface{ id() string }](list []T, slug string) bool {
	_, found := find(list, slug)
	return found
}

func regionList() string {
	slugs := make([]string, len(regions))
	for i, r := range regions {
		slugs[i] = r.Slug
	}
	return strings.Join(slugs, ", ")
}

// cost is what a spec's services, workers and jobs cost a month, in USD.
func cost(spec json.RawMessage) (dollar int) {
	for _, c := range componentsOf(spec) {
		if c.list == "static_sites" || c.list == "functions" {
			continue
		}
		size, _ := find(sizes, cmp.Or(c.InstanceSize, defaultSize))
		dollar += size.dollar * cmp.Or(c.Count, 1)
	}
	return dollar
}
