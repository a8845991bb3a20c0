-- Gateways of the office, which managers share and take away, and the requests that a desk has brought along. docs/decisions/0064-gateways-of-the-office.md has the reasons.

INSERT INTO countersign.kinds (kind, office, writer, person, format) VALUES
	('gateway_shared',  true, 'manager', true, 2),
	('gateway_removed', true, 'manager', true, 2),
	('brought',         true, 'clerk',   true, 2);

-- What follows does what 1.sql says of it. PostgreSQL plans a function in SQL anew at each call of another one, and a function in PL/pgSQL once in a
-- session: an append takes half of the time.

CREATE OR REPLACE FUNCTION countersign.may(writer text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN pg_has_role(session_user, current_user, 'MEMBER') OR writer <> 'owner' AND (
		SELECT pg_has_role(session_user, o.roles || '_' || writer, 'MEMBER') FROM countersign.office AS o);
END $$;

CREATE OR REPLACE FUNCTION countersign.has_desk(of_desk text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN EXISTS (SELECT FROM countersign.desks AS d WHERE d.desk = of_desk AND d.login = session_user);
END $$;

CREATE OR REPLACE FUNCTION countersign.has_plain_members(document json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN NOT EXISTS (
		WITH RECURSIVE parts(part, fields) AS (
			SELECT document, true
			UNION ALL
			SELECT inside.value, inside.fields
			FROM parts CROSS JOIN LATERAL (
				SELECT value, key NOT IN ('query', 'sessions') AS fields FROM json_each(CASE json_typeof(part) WHEN 'object' THEN part ELSE '{}' END)
				UNION ALL
				SELECT value, true FROM json_array_elements(CASE json_typeof(part) WHEN 'array' THEN part ELSE '[]' END)
			) AS inside
		)
		SELECT FROM parts CROSS JOIN LATERAL (
			SELECT count(*) <> count(DISTINCT name) OR fields AND bool_or(name !~ '^[a-z][a-z0-9_]*$') AS strange
			FROM json_object_keys(CASE json_typeof(part) WHEN 'object' THEN part ELSE '{}' END) AS name
		) AS members
		WHERE members.strange);
END $$;
