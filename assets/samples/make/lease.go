package main

func lease() ([]byte, error) {
	s := newSheet("Times", "Lease of office premises", "L-2026-014")
	s.letterhead("Harbour House, Unit 3", "L-2026-014")
	s.title("Lease of office premises", "Between the Landlord and the Tenant, made on 2 November 2026")
	s.facts([][2]string{
		{"The premises", "Harbour House, Unit 3, second floor, 84 square metres"},
		{"Term", "1 January 2027 to 31 December 2029"},
		{"Rent", "€ 1,450.00 a month, payable in advance"},
		{"Deposit", "€ 2,900.00"},
		{"Permitted use", "Offices"},
	})

	s.heading("1. The premises")
	s.clause("1.1", "The Landlord lets to the Tenant the office described above, together with two parking spaces and the shared use of the entrance, the stairs and the lift.")
	s.clause("1.2", "The Tenant has seen the premises and takes them in the condition in which they are on the first day of the term. A list of that condition, with photographs, is kept by both parties.")

	s.heading("2. Rent and charges")
	s.clause("2.1", "The rent is due on the first working day of each month. It is paid by transfer to the account that the Landlord names in writing.")
	s.clause("2.2", "Heating, water and the cleaning of the shared parts are charged by area. The Landlord sends a statement once a year, no later than the end of March.")
	s.clause("2.3", "On each first of January the rent follows the consumer price index of the preceding October. It is not lowered below the rent agreed here.")

	s.heading("3. Deposit")
	s.clause("3.1", "The Tenant pays the deposit before the keys are handed over. The Landlord returns it within thirty days of the end of the lease, less what is owed for rent, charges or damage.")

	s.heading("4. Care and repairs")
	s.clause("4.1", "The Tenant keeps the premises clean and in good order, and repairs what wears out in daily use. The Landlord maintains the structure, the roof, the outer windows and the pipes.")
	s.clause("4.2", "The Tenant tells the Landlord of a defect without delay. In an emergency the Landlord may enter at any time, otherwise after two days' notice and during office hours.")
	s.clause("4.3", "Walls may be painted and shelves put up. Other alterations need the Landlord's consent in writing, which is not refused without a reason.")

	s.heading("5. Insurance")
	s.clause("5.1", "The Landlord insures the building against fire, storm and water. The Tenant insures its own equipment and its liability, and shows proof of it on request.")

	s.heading("6. Subletting")
	s.clause("6.1", "The Tenant may let single desks to others for use alongside its own. Any other subletting, and any transfer of this lease, needs the Landlord's consent in writing.")

	s.heading("7. End of the lease")
	s.clause("7.1", "The lease ends with its term. It is extended by one year if neither party gives notice in writing six months before the end.")
	s.clause("7.2", "Either party may end the lease early, with three months' notice, if the other breaks it seriously and does not put that right within thirty days of being asked to.")
	s.clause("7.3", "On the last day the Tenant hands back the premises empty and swept, with all keys.")

	s.heading("8. Final provisions")
	s.clause("8.1", "There are no agreements besides this one. Changes are made in writing and signed by both parties. A signature by electronic means counts as one on paper.")
	s.clause("8.2", "If a clause cannot be applied, the others remain, and the parties agree on what comes closest to it.")

	s.signatures("Signed by both parties, each of whom keeps a copy.", "The Landlord", "The Tenant")
	return s.bytes()
}
