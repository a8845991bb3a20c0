package diagnosis

import (
	"errors"
	"time"

	"countersign/core/backup"
	"countersign/core/home"
	"countersign/core/request"
)

// maxBackupAge is the age from which the newest daily backup is a Warning.
const maxBackupAge = 3 * 24 * time.Hour

// checkBackups returns a finding about the newest daily backup, and one if the disk has not room for the next. A home that has no
// daily backup yet has no finding about one: one is made when the window opens.
func checkBackups(dir home.Dir, now time.Time) (findings []Finding) {
	all, err := backup.ListDaily(dir.Path(), now)
	if err != nil {
		return nil // the folder cannot be read, which the check of the disk says
	}
	if len(all) > 0 {
		findings = append(findings, checkNewest(all[0], now))
	}
	if err := backup.CheckRoom(dir); errors.Is(err, backup.ErrNoRoom) {
		findings = append(findings, newFinding(PartBackups, Warning, request.SentenceOf(err),
			request.Sentencef("daily_room_todo", "free space on this disk, or make backups on another one with countersignctl backup FILE")))
	}
	return findings
}

func checkNewest(newest backup.DailyFile, now time.Time) Finding {
	detail := request.Sentencef("daily_made", "the newest daily backup is of %s", newest.Day.Format(time.DateOnly))
	switch {
	case now.Sub(newest.Day) > maxBackupAge:
		return newFinding(PartBackups, Warning, detail,
			request.Sentencef("daily_old_todo", "open the window, or run countersignctl backup --daily, and read what it says"))
	case newest.Lost:
		return newFinding(PartBackups, Warning, request.Sentencef("daily_incomplete", "%s; it is incomplete, because documents are missing or were changed", detail),
			request.Sentencef("daily_incomplete_todo", "put the documents back from an earlier backup; countersignctl list --damaged shows which"))
	case !newest.Complete:
		return newFinding(PartBackups, Warning, request.Sentencef("daily_without", "%s; documents are not included, because they are larger than %s", detail, request.Bytes(backup.MaxDailyDocuments)),
			request.Sentencef("daily_without_todo", "make backups of everything on another disk, with countersignctl backup FILE"))
	}
	return newFinding(PartBackups, Well, detail, none)
}
