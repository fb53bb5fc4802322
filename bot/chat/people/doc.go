// Package people knows who holds which role, from Slack's user groups and profiles. A
// role is held by its listed users and the members of its user group, without guests,
// bots, deactivated people and those of other workspaces.
//
// [Directory.Members] is called for each act, and answers from memory. Directory.Run
// refreshes what it knows: every 40 s it reads the user groups of all roles, and the
// people in them, those first who were read longest ago.
//
// # What counts
//
// The members of a user group count for a minute after they were read; when Slack can't
// be asked for longer, nobody holds the role until it can. The error then is a
// [roster.Unknown], which says who held the role when that was last known. It is enough
// for Acknowledge, Stop and rollback, as long as it is no older than a day.
//
// An event about a person who left a group or was deactivated, or about a disabled
// group, counts at once; one about a person who joined counts once Slack was asked
// ([Directory.Heard]). Slack may answer from an old copy shortly after an event: an
// answer that contradicts one counts only when it was asked for 10 s after it or later.
//
// Where the app may not read people at all (users:read), guests cannot be told from
// members, and the configuration is trusted; the log says so.
//
// # What is kept
//
// Who held which role is kept in a file (membership.go), so that it outlives a restart
// while Slack is away. It contains user IDs and times and nothing else about people,
// makes nobody a member, and is written with mode 0600 whenever somebody joins or
// leaves. A file that is torn, or about another workspace, is ignored.
package people
