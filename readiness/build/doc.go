// Package build identifies what runs on a platform. A [Build] is a release as it runs
// there: its version, its commit and the platform's own ID of the deployment.
//
// Commits come from people, tags, platforms and GitHub, in full or abbreviated, or not
// at all. Only [SameCommit], [OtherCommit] and [MayBeSameCommit] compare them: the
// first two say what is certain, and the third treats an unknown commit as a match.
//
// It imports nothing of gonogo's. Answers, runs and events carry builds.
package build
