package storage_test

import (
	"context"
	"errors"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a disk of which a test says how much is free.
type disk struct {
	free   atomic.Int64
	broken atomic.Bool
}

func (d *disk) room() (int64, error) {
	if d.broken.Load() {
		return 0, errors.New("input/output error")
	}
	return d.free.Load(), nil
}

// The ledger's condition shows how much room there is within seconds, whether or not
// anything is written; and the reserve is whole again once there is enough room.
func TestRoomIsLookedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reserve")
	synctest.Test(t, func(t *testing.T) {
		var disk disk
		disk.free.Store(1 << 30)
		ledger, err := storage.OpenLedger(t.Context(), storagetest.NewMemory(), storage.Options{Reserve: &storage.Reserve{Path: path, Free: disk.room}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- ledger.Run(ctx) }()
		for _, tt := range []struct {
			name   string
			free   int64
			broken bool
			cut    bool // a rollback used a part of the reserve
			low    bool
			whole  bool
		}{
			{name: "empty", free: 1 << 30, whole: true},
			{name: "full", free: 1 << 20, low: true, whole: true},
			{name: "full, and a rollback", free: 1 << 20, cut: true, low: true},
			{name: "hardly more room", free: storage.LeastFree + 1<<18, low: true},
			{name: "room for the reserve, and little else", free: 2*storage.LeastFree - 1, low: true, whole: true},
			{name: "room again", free: 2 * storage.LeastFree, whole: true},
			{name: "a disk that doesn't say", broken: true},
		} {
			disk.free.Store(tt.free)
			disk.broken.Store(tt.broken)
			if tt.cut {
				if err := os.Truncate(path, 1<<19); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(6 * time.Second)
			synctest.Wait()
			room := ledger.Health().Room
			if room.Low != tt.low || room.Whole() != tt.whole || (room.Err != nil) != tt.broken || room.Free != tt.free {
				t.Errorf("%s: %+v, want low %v, whole %v", tt.name, room, tt.low, tt.whole)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
