package main

func supplierAgreement() ([]byte, error) {
	s := newSheet("Helvetica", "Supplier agreement", "SA-2026-031")
	s.letterhead("Purchasing", "SA-2026-031")
	s.title("Supplier agreement", "Office supplies and their delivery, between the Buyer and the Supplier")
	s.facts([][2]string{
		{"Begins", "1 December 2026"},
		{"Runs for", "Twelve months"},
		{"Orders", "By electronic mail to the Supplier's order desk"},
		{"Payment", "Thirty days from the date of the invoice"},
	})

	s.heading("1. What is supplied")
	s.paragraph("The Supplier delivers the goods below at the prices below. Prices are without value added tax and hold for the whole term.")
	s.table([]float64{0.46, 0.30, 0.24}, [][]string{
		{"Item", "Unit", "Price"},
		{"Copy paper, A4, 80 g", "Box of 5 reams", "€ 21.40"},
		{"Envelopes, C5, window", "Box of 500", "€ 17.90"},
		{"Toner, black", "Cartridge", "€ 64.00"},
		{"Archive boxes", "Pack of 20", "€ 28.50"},
		{"Pens, blue", "Box of 50", "€ 12.75"},
	})

	s.heading("2. Ordering and delivery")
	s.clause("2.1", "The Supplier confirms an order within one working day and delivers within three. Delivery to the reception of the Buyer is free for orders of € 60.00 or more.")
	s.clause("2.2", "The Buyer checks the number of parcels on arrival and tells the Supplier of missing or damaged goods within five working days.")

	s.heading("3. Returns")
	s.clause("3.1", "Unopened goods are taken back within fourteen days at the price paid. Empty cartridges are collected with the next delivery at no charge.")

	s.heading("4. Late delivery")
	s.clause("4.1", "For each working day of delay the price of the late goods is lowered by one per cent, to no more than ten. After ten days the Buyer may cancel the order.")

	s.heading("5. Confidentiality")
	s.clause("5.1", "Each party uses what it learns of the other only to carry out this agreement, and keeps it to itself for two years after its end.")

	s.heading("6. Term and notice")
	s.clause("6.1", "Either party may end this agreement with two months' notice in writing. Orders that were confirmed before are still delivered and paid.")
	s.clause("6.2", "This agreement takes the place of earlier ones on the same goods. Changes are made in writing. A signature by electronic means counts as one on paper.")

	s.signatures("Signed by both parties, each of whom keeps a copy.", "The Buyer", "The Supplier")
	return s.bytes()
}
