package workspace

import (
	"context"
	"errors"
	"time"

	"countersign/core/backup"
	"countersign/core/home"
	"countersign/core/ledger"
)

// NewestBackup returns the path of the newest daily backup of a home that [Open] could not open because its ledger is damaged. It is
// empty if cause is another error, or if there is no such backup.
func NewestBackup(dir home.Dir, cause error) string {
	if !errors.Is(cause, ledger.ErrDamaged) {
		return ""
	}
	return newestBackup(dir, time.Now())
}

func newestBackup(dir home.Dir, now time.Time) string {
	all, err := backup.ListDaily(dir.Path(), now)
	if err != nil || len(all) == 0 {
		return ""
	}
	return all[0].Path
}

// Replace calls [backup.Replace], and returns the path where the damaged home is then.
func Replace(ctx context.Context, dir home.Dir) (damaged string, err error) {
	replaced, err := backup.Replace(ctx, dir, backup.Options{})
	return replaced.Damaged, err
}
