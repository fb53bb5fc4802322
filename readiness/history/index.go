package history

import (
	"hash/maphash"
	"slices"
)

// index finds incidents by a key that many of them may have: the fingerprint of an
// alert, or the group of a delivery. Without it, each delivery of an alert storm would
// have to look through all incidents. It follows from State.Incidents, so it is part of
// no snapshot.
//
// The keys are spread over shards, and a State that changes an index copies only the
// shards that it changes: a State that was handed out must stay as it is.
type index struct {
	shards *[indexShards]map[string][]string // IDs, in order; nil: nothing was indexed
	owned  *[indexShards]bool                // shards that may be changed; nil: none, nor may the array
}

const indexShards = 256

var indexSeed = maphash.MakeSeed()

func shardOf(key string) int { return int(maphash.String(indexSeed, key) % indexShards) }

// of lists the incidents of a key by ID. The caller must not change the list.
func (x *index) of(key string) []string {
	if x.shards == nil {
		return nil
	}
	return x.shards[shardOf(key)][key]
}

// add notes that an incident has a key, however often it is told.
func (x *index) add(key, id string) {
	ids := x.of(key)
	at, known := slices.BinarySearch(ids, id)
	if !known {
		x.own(key)[key] = slices.Insert(slices.Clone(ids), at, id)
	}
}

// remove notes that an incident no longer has a key.
func (x *index) remove(key, id string) {
	ids := x.of(key)
	at, known := slices.BinarySearch(ids, id)
	switch {
	case !known:
	case len(ids) == 1:
		delete(x.own(key), key)
	default:
		x.own(key)[key] = slices.Delete(slices.Clone(ids), at, at+1)
	}
}

// own is the shard of a key, which may be changed.
func (x *index) own(key string) map[string][]string {
	if x.owned == nil {
		var shards [indexShards]map[string][]string
		if x.shards != nil {
			shards = *x.shards
		}
		x.shards, x.owned = &shards, &[indexShards]bool{}
	}
	n := shardOf(key)
	if !x.owned[n] {
		x.shards[n], x.owned[n] = ownClone(x.shards[n]), true
	}
	return x.shards[n]
}

// incidentIndex finds the incidents of a State.
type incidentIndex struct {
	byAlert index // by fingerprint: incidents that know the alert, firing or not
	byGroup index // by Alertmanager's key of the group; without those of triggers
	made    bool  // it has all incidents; else the State was not made by NewState or Decode
}

// share is the index for a successor, which copies what it changes.
func (x incidentIndex) share() incidentIndex {
	x.byAlert.owned, x.byGroup.owned = nil, nil
	return x
}

func indexIncidents(incidents map[string]*Incident) incidentIndex {
	x := incidentIndex{made: true}
	for _, i := range incidents {
		x.add(i)
	}
	return x
}

// indexed is the index of s, which is made anew if a State was put together by hand.
func (s *State) indexed() incidentIndex {
	if s.index.made {
		return s.index
	}
	return indexIncidents(s.Incidents)
}

// add takes in an incident with the alerts that it knows.
func (x *incidentIndex) add(i *Incident) {
	if i.Trigger == "" {
		x.byGroup.add(i.Group, i.ID)
	}
	for print := range i.Alerts {
		x.byAlert.add(print, i.ID)
	}
}

// remove forgets an incident.
func (x *incidentIndex) remove(i *Incident) {
	x.byGroup.remove(i.Group, i.ID)
	for print := range i.Alerts {
		x.byAlert.remove(print, i.ID)
	}
}
