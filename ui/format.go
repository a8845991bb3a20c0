package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// number writes a count with a separator between thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), wordThousands)
}

// fileSize writes a number of bytes for people.
func fileSize(bytes int64) string {
	switch {
	case bytes < 1000:
		return wordBytes(int(bytes))
	case bytes < 1_000_000:
		return fmt.Sprintf("%d kB", (bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

// age says how long ago something was, as briefly as a list needs it.
func age(now, then time.Time) string {
	now = now.Local()
	then = then.Local()
	passed := now.Sub(then)
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	}
	switch {
	case passed < time.Minute:
		return wordNow
	case passed < time.Hour:
		return wordMinutes(int(passed.Minutes()))
	case !then.Before(midnight(now)):
		return wordHours(int(passed.Hours()))
	case !then.Before(midnight(now.AddDate(0, 0, -1))):
		return wordYesterday
	case then.Year() == now.Year():
		return then.Format(wordDayForm)
	}
	return then.Format(wordDateForm)
}

// moment says when something was, to the minute.
func moment(t time.Time) string { return t.Local().Format(wordMomentForm) }

// sentence makes an error a sentence for the notice bar.
func sentence(text string) string {
	text = strings.TrimSpace(strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", " · ")), " "))
	if text == "" {
		return ""
	}
	letters := []rune(text)
	letters[0] = []rune(strings.ToUpper(string(letters[0])))[0]
	text = string(letters)
	if strings.ContainsAny(text[len(text)-1:], ".!?…") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}
