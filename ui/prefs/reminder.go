package prefs

import (
	"slices"
	"time"

	"countersign/core/settings"
)

// reminderTimes are the times of day that can be chosen for the daily reminder, besides one that is in the settings.
func reminderTimes() []string {
	var times []string
	for at := 6 * time.Hour; at <= 20*time.Hour; at += 30 * time.Minute {
		times = append(times, time.Time{}.Add(at).Format("15:04"))
	}
	return times
}

// silentDays are the numbers of days that can be chosen, besides one that is in the settings.
func silentDays() []int { return []int{1, 2, 3, 5, 7, 14, 30} }

// newReminderLines returns the settings of the daily reminder: its time, and after how many days a request counts as silent.
// Each change is saved at once; the function failAt returns what shows its error.
func (s *settingsSheet) newReminderLines(failAt func(*formLine) func(key, problem string)) (at, silent *formLine) {
	times := reminderTimes()
	if now := s.values.Reminder; now != "" && !slices.Contains(times, now) {
		times = append([]string{now}, times...)
	}
	timeSelect := s.NewSelect(append([]string{s.lang.Say("prefs.reminder_off")}, times...), slices.Index(times, s.values.Reminder)+1, func(i int) {
		chosen := append([]string{""}, times...)[i]
		s.change(func(values *settings.Settings) { values.Reminder = chosen }, failAt(at))
	})
	at = newFormLine(s.lang.Say("prefs.reminder"), "", s.lang.Say("prefs.reminder_help"), timeSelect)

	days := silentDays()
	if !slices.Contains(days, s.values.SilentDays) {
		days = append([]int{s.values.SilentDays}, days...)
	}
	var names []string
	for _, n := range days {
		names = append(names, s.lang.Count("prefs.days", n))
	}
	daysSelect := s.NewSelect(names, slices.Index(days, s.values.SilentDays), func(i int) {
		s.change(func(values *settings.Settings) { values.SilentDays = days[i] }, failAt(silent))
	})
	silent = newFormLine(s.lang.Say("prefs.silent"), "", s.lang.Say("prefs.silent_help"), daysSelect)
	return at, silent
}
