// Package people knows who holds which role, by what Slack tells of user groups and of
// people. A role is held by its listed users and the members of its user group, without
// guests, bots, deactivated people and those of other workspaces.
//
// A [Directory] is asked by [Directory.Members] for each act, and answers from memory.
// Its Run renews what it knows: every 40 s it reads the user groups of all roles, and
// the people in them, those first who were read longest ago.
//
// # What counts
//
// A user group counts as it was read a minute ago at most; when Slack does not let it be
// renewed, nobody has a say until it does. The error then is a [roster.Unknown], which
// says who held the role when that was last known. It is enough for Acknowledge, Stop
// and rollback, as long as it is no older than a day.
//
// What Slack's events tell of leaving a group, a disabled group or a deactivated person
// counts at once; what they tell of joining counts once Slack was asked
// ([Directory.Heard]). Slack may answer from an old copy shortly after an event: an
// answer that contradicts one counts only when it was asked for 10 s after it or later.
//
// Where the app may not read people at all (users:read), guests cannot be told from
// members, and the configuration is trusted; the log says so.
//
// # What is kept
//
// Who held which role is kept in a file (membership.go), so that it outlives a restart
// while Slack is away. It has user IDs and times and nothing else about people, makes
// nobody a member, and is written with mode 0600 whenever somebody joins or leaves. A
// file that is torn, or about another workspace, is as none.
package people
