-- Gateways of the office, which managers share and take away, and the requests that a desk has brought along. docs/decisions/0064-gateways-of-the-office.md has the reasons.

INSERT INTO countersign.kinds (kind, office, writer, person, format) VALUES
	('gateway_shared',  true, 'manager', true, 2),
	('gateway_removed', true, 'manager', true, 2),
	('brought',         true, 'clerk',   true, 2);
