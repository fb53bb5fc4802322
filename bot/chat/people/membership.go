package people

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"gonogo/commands"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

// membership is who was known to hold roles, as stored in a file for the next start: a
// restart while Slack can't be reached must not leave a release without on-call. It
// contains user IDs and times, and nothing else about people.
//
// Restored, it never makes anybody a member. It is only the last known state, which is
// enough for urgent acts, see [roster.Unknown].
type membership struct {
	Workspace string               `json:"workspace"` // the team's ID
	Groups    map[string]groupAsOf `json:"groups"`    // by ID of the user group
	People    map[string]time.Time `json:"people"`    // by user ID: when they were last seen to be neither guest nor bot
}

// groupAsOf is who was in a user group at a time.
type groupAsOf struct {
	Users []string  `json:"users"`
	AsOf  time.Time `json:"as_of"`
}

// rewriteAfter is how long a file with unchanged members is left alone. Its times may
// be too old by as much.
const rewriteAfter = 10 * time.Minute

// Restore loads what an earlier run left in the file. Without a usable file nobody is
// known, as at the first start. team is the ID of our workspace. Restore must be called
// before Run.
func (d *Directory) Restore(team string) {
	d.team = team
	if d.file == "" {
		return
	}
	left, err := readMembership(d.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err == nil && left.Workspace != d.team:
		err = fmt.Errorf("it is about another workspace, %q", left.Workspace)
	}
	if err != nil {
		d.log.Warn("can't use the file with role members; nobody is known to hold a role until Slack responds", "file", d.file, "error", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, g := range left.Groups {
		if d.counts(g.AsOf) {
			d.groups[id] = group{users: g.Users, at: g.AsOf, restored: true}
		}
	}
	d.earlier = left.People
}

// counts reports whether what was known at a time may still be used. If the clock was
// set back meanwhile, it may not.
func (d *Directory) counts(at time.Time) bool {
	age := d.age(at)
	return age >= 0 && age <= commands.LastingMembership
}

// saveWithin is how long Run waits for the file to be written. A disk that hangs must not
// keep roles from being read.
const saveWithin = 250 * time.Millisecond

// saving is the file on its way to the disk.
type saving struct {
	known membership
	at    time.Time
	ended chan error
}

// remember writes the file if the holders of a role have changed or the file is old. If
// the last write hasn't ended, the next call looks again. Only the goroutine of Run calls
// it.
func (d *Directory) remember() {
	if d.file == "" || d.saving != nil && !d.saved() {
		return
	}
	known, now := d.known(), d.now()
	if known.sameAs(d.written) && now.Sub(d.writtenAt) < rewriteAfter {
		return
	}
	d.saving = &saving{known, now, make(chan error, 1)}
	go func(s *saving) { s.ended <- s.known.write(d.file) }(d.saving)
	d.saved()
}

// saved reports whether the file is written, or can't be, and waits a moment for that.
func (d *Directory) saved() bool {
	overdue := time.NewTimer(saveWithin)
	defer overdue.Stop()
	select {
	case err := <-d.saving.ended:
		if err != nil {
			d.couldNotSave(err)
		} else {
			d.written, d.writtenAt, d.unwritten = d.saving.known, d.saving.at, false
		}
		d.saving = nil
		return true
	case <-overdue.C:
		d.couldNotSave(errHangs)
		return false
	}
}

var errHangs = errors.New("the disk doesn't respond")

// couldNotSave logs once that the file is not written.
func (d *Directory) couldNotSave(err error) {
	if !d.unwritten {
		d.log.Warn("couldn't save role members; nobody would be known to be on call after a restart while Slack doesn't respond", "file", d.file, "error", err)
	}
	d.unwritten = true
}

// known is what a restart would restore.
func (d *Directory) known() membership {
	d.mu.RLock()
	defer d.mu.RUnlock()
	m := membership{Workspace: d.team, Groups: map[string]groupAsOf{}, People: map[string]time.Time{}}
	for _, role := range d.roles {
		g, known := d.groups[role.Usergroup]
		if known && !g.at.IsZero() && d.counts(g.at) && !absent(g.users, g.fault) {
			m.Groups[role.Usergroup] = groupAsOf{g.users, g.at}
		}
		for _, id := range slices.Concat(role.Users, g.users) {
			if at, ok := d.lastSaid(id); ok && d.counts(at) {
				m.People[id] = at
			}
		}
	}
	return m
}

// lastSaid is when a person was last known to be eligible; ok is false where they are
// known not to be, or nothing is known. It is called with d locked.
func (d *Directory) lastSaid(id string) (at time.Time, ok bool) {
	if known, seen := d.profiles[id]; seen {
		return known.at, known.eligible
	}
	if d.blind {
		return d.now(), true
	}
	at, ok = d.earlier[id]
	return at, ok
}

// lately adds to the error of a role whose members are not known now which of the
// candidates last held it, and when. It is called with d locked.
func (d *Directory) lately(unknown *roster.Unknown, role checklist.Role) *roster.Unknown {
	candidates, asOf := slices.Clone(role.Users), d.now()
	if g := d.groups[role.Usergroup]; role.Usergroup != "" && !g.at.IsZero() {
		if absent(g.users, g.fault) {
			return unknown
		}
		candidates, asOf = append(candidates, g.users...), g.at
	}
	slices.Sort(candidates)
	for _, id := range slices.Compact(candidates) {
		if at, ok := d.lastSaid(id); ok && d.counts(at) {
			unknown.Last = append(unknown.Last, id)
			if at.Before(asOf) {
				asOf = at
			}
		}
	}
	if len(unknown.Last) > 0 && d.counts(asOf) {
		unknown.AsOf = asOf
	}
	return unknown
}

// sameAs reports whether the same people hold the same roles, whenever that was read.
func (m membership) sameAs(other membership) bool {
	sameUsers := func(a, b groupAsOf) bool { return slices.Equal(a.Users, b.Users) }
	always := func(time.Time, time.Time) bool { return true }
	return m.Workspace == other.Workspace && maps.EqualFunc(m.Groups, other.Groups, sameUsers) && maps.EqualFunc(m.People, other.People, always)
}

// readMembership reads a file that write wrote.
func readMembership(path string) (m membership, err error) {
	file, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer file.Close()
	in := json.NewDecoder(file)
	in.DisallowUnknownFields()
	if err := in.Decode(&m); err != nil {
		return membership{}, fmt.Errorf("it is incomplete or was changed: %w", err)
	}
	return m, nil
}

// write writes a new file and renames it over the old one. The temporary name is always
// the same, so that what a killed process leaves is overwritten.
func (m membership) write(path string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	draft := path + ".new"
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, path)
}
