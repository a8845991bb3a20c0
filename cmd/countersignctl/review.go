package main

import (
	"context"
	"fmt"
	"time"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/stats"
	"countersign/core/workspace"
)

type reviewCommand struct {
	ID       string `arg:"" help:"Request, by the beginning of its id."`
	Decision string `required:"" enum:"accepted,returned" help:"The decision about its outcome: ${enum}."`
	Note     string `help:"A note about the decision." placeholder:"TEXT"`
}

func (c *reviewCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) {
		return w.Desk.Review(ctx, id, request.Decision(c.Decision), c.Note)
	})
}

type statsCommand struct {
	From string `help:"From this day on." placeholder:"2026-01-01"`
	To   string `help:"Up to this day." placeholder:"2026-12-31"`
}

func (c *statsCommand) Run(ctx context.Context, t *terminal) error {
	from, to, err := days(c.From, c.To, time.Local)
	if err != nil {
		return err
	}
	period := stats.Period{From: from, To: to, Zone: time.Local}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		s, err := w.Counter.Stats(ctx, period)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(statsOf(c, s))
		}
		return t.stats(s)
	})
}

// statsJSON is a [stats.Summary] as --json prints it. From and To are the days of the period as they were typed.
type statsJSON struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`

	Waiting   int `json:"waiting"`
	Attention int `json:"needs_attention"`
	Due       int `json:"due_soon"`
	ToReview  int `json:"to_review"`
	Practice  int `json:"practice,omitempty"` // practice requests; the other numbers do not count them

	Signed       int          `json:"signed"`
	NotSigned    int          `json:"not_signed"`
	Signing      *signingJSON `json:"signing,omitempty"`
	Days         []dayJSON    `json:"days"`
	Gateways     []shareJSON  `json:"gateways"`
	People       []shareJSON  `json:"people"`
	Reasons      []reasonJSON `json:"reasons"`
	OtherReasons int          `json:"other_reasons"`
	Oldest       []oldJSON    `json:"oldest"`
}

type signingJSON struct {
	Count   int     `json:"count"`
	Median  float64 `json:"median_seconds"`
	Slowest float64 `json:"slowest_tenth_seconds"` // a tenth took this long or longer
}

type dayJSON struct {
	Date      string `json:"date"`
	Signed    int    `json:"signed"`
	NotSigned int    `json:"not_signed"`
}

type shareJSON struct {
	Name      string       `json:"name"`
	Waiting   int          `json:"waiting"`
	Signed    int          `json:"signed"`
	NotSigned int          `json:"not_signed"`
	Signing   *signingJSON `json:"signing,omitempty"`
}

type reasonJSON struct {
	Status  request.Status `json:"status"`
	Code    string         `json:"word,omitempty"`
	Message string         `json:"message,omitempty"`
	Meaning string         `json:"meaning"`
	Count   int            `json:"count"`
}

type oldJSON struct {
	ID        request.ID     `json:"id"`
	Title     string         `json:"title"`
	Gateway   string         `json:"gateway"`
	Status    request.Status `json:"status"`
	CreatedAt time.Time      `json:"created_at"`
}

func statsOf(c *statsCommand, s stats.Summary) statsJSON {
	j := statsJSON{
		From: c.From, To: c.To, Waiting: s.Waiting, Attention: s.Attention, Due: s.Due, ToReview: s.ToReview, Practice: s.Practice,
		Signed: s.Signed, NotSigned: s.NotSigned, Signing: signingOf(s.Signing), OtherReasons: s.OtherReasons,
		Days: []dayJSON{}, Gateways: sharesOf(s.Gateways), People: sharesOf(s.People), Reasons: []reasonJSON{}, Oldest: []oldJSON{},
	}
	for _, day := range s.Days {
		j.Days = append(j.Days, dayJSON(day))
	}
	for _, r := range s.Reasons {
		j.Reasons = append(j.Reasons, reasonJSON{r.Status, r.Code, r.Message, r.Explain(i18n.English).State, r.Count})
	}
	for _, r := range s.Oldest {
		j.Oldest = append(j.Oldest, oldJSON{r.ID, r.Title, r.Gateway, r.Status, r.CreatedAt})
	}
	return j
}

func signingOf(s stats.Signing) *signingJSON {
	if s.Count == 0 {
		return nil
	}
	return &signingJSON{s.Count, s.Median.Seconds(), s.Slowest.Seconds()}
}

func sharesOf(shares []stats.Share) []shareJSON {
	all := []shareJSON{}
	for _, s := range shares {
		all = append(all, shareJSON{s.Name, s.Waiting, s.Signed, s.NotSigned, signingOf(s.Signing)})
	}
	return all
}

// stats prints statistics as a table for people; with --json, [statsOf] is used instead.
func (t *terminal) stats(s stats.Summary) error {
	table := t.table()
	line := func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				printf(table, "\t")
			}
			printf(table, "%v", cell)
		}
		printf(table, "\n")
	}
	line("waiting", s.Waiting)
	line("needs attention", s.Attention)
	line("due soon", s.Due)
	line("to review", s.ToReview)
	line("signed", s.Signed)
	line("not signed", s.NotSigned)
	if s.Signing.Count > 0 {
		line("median", brief(s.Signing.Median))
		line("slowest tenth", brief(s.Signing.Slowest))
	}
	for _, of := range []struct {
		name   string
		shares []stats.Share
	}{{"gateway", s.Gateways}, {"person", s.People}} {
		if len(of.shares) == 0 {
			continue
		}
		line("")
		line(of.name, "signed", "not signed", "waiting", "median", "slowest tenth")
		for _, share := range of.shares {
			median, slowest := "-", "-"
			if share.Signing.Count > 0 {
				median, slowest = brief(share.Signing.Median), brief(share.Signing.Slowest)
			}
			line(orDash(share.Name), share.Signed, share.NotSigned, share.Waiting, median, slowest)
		}
	}
	if len(s.Reasons) > 0 {
		line("")
		line("not signed because", "times", "gateway's answer", "meaning")
		for _, r := range s.Reasons {
			line(string(r.Status), r.Count, orDash(said(r)), r.Explain(i18n.English).State)
		}
		if s.OtherReasons > 0 {
			line("other reasons", s.OtherReasons)
		}
	}
	if len(s.Days) > 0 {
		line("")
		line("day", "signed", "not signed")
		for _, day := range s.Days {
			line(day.Date, day.Signed, day.NotSigned)
		}
	}
	if len(s.Oldest) > 0 {
		line("")
		line("oldest without an outcome", "since", "status", "title")
		for _, r := range s.Oldest {
			line(string(r.ID), r.CreatedAt.Local().Format(time.DateOnly), string(r.Status), r.Title)
		}
	}
	if s.Practice > 0 {
		line("")
		line("practice requests, not counted", s.Practice)
	}
	return table.Flush()
}

// said returns the gateway's code and message of a reason. It is empty when the gateway gave neither.
func said(r stats.Reason) string {
	if r.Message == "" || r.Code == "" {
		return r.Code + r.Message
	}
	return r.Code + ": " + r.Message
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// brief formats a duration: to the second below an hour, to the minute below two days, in days above.
func brief(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than 1s"
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
