package main

func holidayRequest() ([]byte, error) {
	s := newSheet("Helvetica", "Holiday request", "HR-2026-207")
	s.letterhead("Staff office", "HR-2026-207")
	s.title("Holiday request", "Made on 2 November 2026")
	s.facts([][2]string{
		{"Requested by", "The Employee"},
		{"Team", "Accounts"},
		{"First day away", "Monday, 21 December 2026"},
		{"Back at work", "Monday, 4 January 2027"},
		{"Covered by", "A colleague of the same team"},
	})

	s.heading("Days")
	s.table([]float64{0.76, 0.24}, [][]string{
		{"Holiday of the year 2026", "Days"},
		{"Yearly entitlement", "25"},
		{"Carried over from 2025", "2"},
		{"Taken so far", "17"},
		{"Requested here", "7"},
		{"Left after this request", "3"},
	})
	s.paragraph("Public holidays and the company's closing days, 24 and 25 December and 1 January, are not counted.")

	s.heading("Handing over")
	s.paragraph("The payment run of December is prepared before the first day away and released by the colleague named above. Invoices that arrive in between are entered on the day of return. In urgent cases the team leader decides.")

	s.heading("Decision")
	s.paragraph("With the second signature the request is approved. A request that is declined goes back to the Employee with the reason.")
	s.signatures("Signed by the Employee and then by the Manager.", "The Employee", "The Manager")
	return s.bytes()
}
