package backup

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Replaced is what [Replace] did.
type Replaced struct {
	Summary        // of the home that was restored; File is the backup that it was made of
	Damaged string // the path where the damaged home is now
}

// ErrNotDamaged is returned by [Replace] for a home whose ledger is not damaged.
var ErrNotDamaged = request.Errorf("replace_sound", "the ledger is not damaged: start the program again")

// Replace replaces a home whose ledger is damaged by one that is restored from its newest daily backup. If that cannot be restored,
// it tries the next older one. Anchors, gateways and the output folder are restored too: the backup is in the home, where
// only those who can write to the home put it. A document that the home had lost when the backup was made is missing in the new
// home, too.
//
// The damaged home stays as it is, beside the new one, under a name with the day. If Replace fails, it keeps its name.
// On Windows, no process may have a file of the home open.
func Replace(ctx context.Context, dir home.Dir, opts Options) (Replaced, error) {
	opts = opts.withDefaults()
	opts.WithTrust, opts.WithGateways = true, true
	if err := mustBeDamaged(ctx, dir); err != nil {
		return Replaced{}, err
	}
	day := "-" + opts.Now().Format(time.DateOnly)
	fresh := freeName(dir.Path() + ".restored" + day)
	summary, err := restoreNewest(ctx, dir, fresh, opts)
	if err != nil {
		return Replaced{}, err
	}
	damaged := freeName(dir.Path() + ".damaged" + day)
	if err := files.Rename(dir.Path(), damaged); err != nil {
		return Replaced{}, errors.Join(swapError(dir, err), os.RemoveAll(fresh))
	}
	if err := files.Rename(fresh, dir.Path()); err != nil {
		return Replaced{}, errors.Join(swapError(dir, err), files.Rename(damaged, dir.Path()), os.RemoveAll(fresh))
	}
	return Replaced{summary, damaged}, nil
}

func swapError(dir home.Dir, err error) error {
	return request.Errorf("replace_rename", "%s cannot be renamed: close other programs that use it and try again (%w)", dir.Path(), err)
}

// mustBeDamaged returns an error unless the ledger of a home is damaged.
func mustBeDamaged(ctx context.Context, dir home.Dir) error {
	l, err := ledger.Open(ctx, dir.Path(), ledger.Options{NoOlder: true})
	if errors.Is(err, ledger.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.Close()
	if l.Damage() == nil {
		return ErrNotDamaged
	}
	return nil
}

// restoreNewest restores the newest daily backup that can be restored.
func restoreNewest(ctx context.Context, dir home.Dir, to string, opts Options) (Summary, error) {
	all, err := ListDaily(dir.Path(), opts.Now())
	if err != nil {
		return Summary{}, err
	}
	if len(all) == 0 {
		return Summary{}, request.Errorf("replace_none", "there is no daily backup in %s", dir.Backups())
	}
	var errs []error
	for _, f := range all {
		opts.AllowDamaged = f.Lost
		summary, err := Restore(ctx, f.Path, to, opts)
		if err == nil {
			summary.File = f.Path
			return summary, nil
		}
		if ctx.Err() != nil {
			return Summary{}, ctx.Err()
		}
		errs = append(errs, err)
	}
	return Summary{}, request.Errorf("replace_failed", "no daily backup can be restored: %w", errs[0])
}

// freeName returns the path, with a number after it if there is something.
func freeName(path string) string {
	name := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = path + "-" + strconv.Itoa(n)
	}
}
