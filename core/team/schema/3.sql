-- What follows does what 1.sql and 2.sql say of it, in less time: append calls no other function where it can do without, and its statements are few.

-- has_plain_members first looks at the text, which is valid JSON: without a backslash, quotes are around strings alone, and a string before a colon is a member. If all
-- of them are plain and none occurs twice in the whole text, no object has a strange one. That is so for most events. Else it looks at each object by
-- itself, since two objects may have a member of the same name. It has the search_path of append, which alone may call it: to set one takes longer than the rest.
CREATE FUNCTION countersign.has_plain_members(line text, document json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	parts  text[] := string_to_array(line, '"'); -- every second one is a string
	seen   text[] := '{}';
	simple boolean := position('\' IN line) = 0 AND cardinality(parts) < 200;
BEGIN
	FOR i IN 1 .. cardinality(parts) / 2 LOOP
		EXIT WHEN NOT simple;
		IF ltrim(parts[2 * i + 1]) LIKE ':%' THEN
			simple := parts[2 * i] ~ '^[a-z][a-z0-9_]*$' AND parts[2 * i] <> ALL (seen);
			seen := seen || parts[2 * i];
		END IF;
	END LOOP;
	RETURN simple OR countersign.has_plain_members(document);
END $$;
REVOKE ALL ON FUNCTION countersign.has_plain_members(text, json) FROM PUBLIC;

CREATE OR REPLACE FUNCTION countersign.append(key uuid, requests text[], seqs integer[], events bytea[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	office   countersign.office;
	kind     countersign.kinds;
	numbers  bigint[];
	line     text;
	event    json;
	last     integer;
	moment   text;
	happened timestamptz;
	person   text;
	of_desk  text;
	owner    boolean := pg_has_role(session_user, current_user, 'MEMBER');
BEGIN
	IF key IS NULL OR array_ndims(events) IS DISTINCT FROM 1 OR cardinality(events) > 1000 OR array_ndims(requests) IS DISTINCT FROM 1 OR array_ndims(seqs) IS DISTINCT FROM 1
		OR cardinality(events) <> cardinality(requests) OR cardinality(events) <> cardinality(seqs) THEN
		RAISE EXCEPTION 'one to 1000 events are appended at a time, each with its request and its position' USING ERRCODE = 'CS003';
	END IF;

	SELECT * INTO STRICT office FROM countersign.office FOR NO KEY UPDATE;
	IF NOT (owner OR pg_has_role(session_user, office.roles || '_clerk', 'MEMBER')) THEN
		RAISE EXCEPTION 'login % is no clerk or manager of this office', session_user USING ERRCODE = 'CS002';
	END IF;

	PERFORM FROM countersign.events AS e WHERE e.key = append.key LIMIT 1;
	IF FOUND THEN
		SELECT array_agg(e.number ORDER BY e.number) INTO numbers FROM countersign.events AS e WHERE e.key = append.key;
		IF (SELECT array_agg(e.request ORDER BY e.number) <> requests OR array_agg(e.seq ORDER BY e.number) <> seqs OR array_agg(e.event ORDER BY e.number) <> append.events
			FROM countersign.events AS e WHERE e.key = append.key) THEN
			RAISE EXCEPTION 'the key % was used for other events', key USING ERRCODE = 'CS001';
		END IF;
		RETURN numbers;
	END IF;

	FOR i IN 1 .. cardinality(events) LOOP
		IF requests[i] !~ '^[0-9A-Za-z-]{1,64}$' OR requests[i] IS NULL OR length(events[i]) > 262144 OR events[i] IS NULL THEN
			RAISE EXCEPTION 'event %: its request has no valid id, or the event is too long', i USING ERRCODE = 'CS003';
		END IF;
		BEGIN
			line := convert_from(events[i], 'UTF8');
			event := line::json;
			moment := event ->> 'at';
			IF line !~ '^\{' OR line ~ '[\u0001-\u001f]' OR NOT countersign.has_plain_members(line, event) THEN
				RAISE EXCEPTION 'not one line with one JSON object of plain members';
			END IF;
			IF moment !~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$' OR moment IS NULL THEN
				RAISE EXCEPTION 'no time in UTC';
			END IF;
			happened := moment::timestamptz;
		EXCEPTION WHEN data_exception OR raise_exception OR statement_too_complex OR program_limit_exceeded THEN
			RAISE EXCEPTION 'event %: %', i, SQLERRM USING ERRCODE = 'CS003';
		END;
		IF (event ->> 'seq') IS DISTINCT FROM seqs[i]::text OR json_typeof(event -> 'seq') <> 'number' THEN
			RAISE EXCEPTION 'event %: it does not say its position', i USING ERRCODE = 'CS003';
		END IF;
		IF happened > clock_timestamp() + interval '5 minutes' THEN
			RAISE EXCEPTION 'event %: its time, %, is in the future', i, moment USING ERRCODE = 'CS003';
		END IF;

		SELECT k.* INTO kind FROM countersign.kinds AS k WHERE k.kind = event ->> 'kind' AND k.format <= office.format AND k.office = (requests[i] = 'office');
		IF NOT FOUND THEN
			RAISE EXCEPTION 'event %: this office has no events of the kind %', i, coalesce(event ->> 'kind', 'null') USING ERRCODE = 'CS003';
		END IF;
		IF NOT (owner OR kind.writer <> 'owner' AND pg_has_role(session_user, office.roles || '_' || kind.writer, 'MEMBER')) THEN
			RAISE EXCEPTION 'event %: login % must not write events of the kind %', i, session_user, kind.kind USING ERRCODE = 'CS002';
		END IF;
		person := event ->> 'by';
		of_desk := event ->> 'desk';
		IF person <> session_user OR kind.person AND person IS NULL THEN
			RAISE EXCEPTION 'event %: it does not say that login % did it', i, session_user USING ERRCODE = 'CS002';
		END IF;
		IF kind.kind <> 'desk_joined' AND kind.writer <> 'owner' THEN
			PERFORM FROM countersign.desks AS d WHERE d.desk = of_desk AND d.login = session_user;
			IF NOT FOUND THEN
				RAISE EXCEPTION 'event %: the desk % is not one of login %', i, coalesce(of_desk, 'null'), session_user USING ERRCODE = 'CS002';
			END IF;
		END IF;

		SELECT coalesce(max(e.seq), 0) INTO last FROM countersign.events AS e WHERE e.request = requests[i];
		IF seqs[i] <> last + 1 THEN
			RAISE EXCEPTION 'request % is at version %, not %', requests[i], last, seqs[i] - 1 USING ERRCODE = 'CS001';
		END IF;

		office.number := office.number + 1;
		office.link := sha256(convert_to(encode(office.link, 'hex') || ' ' ||
			encode(sha256(convert_to(requests[i] || ' ' || seqs[i] || ' ', 'UTF8') || events[i] || '\x0a'::bytea), 'hex') || E'\n', 'UTF8'));
		INSERT INTO countersign.events (number, request, seq, event, link, key) VALUES (office.number, requests[i], seqs[i], events[i], office.link, append.key);
		numbers := numbers || office.number;
		IF kind.kind = 'desk_joined' THEN
			PERFORM countersign.join_desk(event, office.number);
		ELSIF kind.kind = 'forgotten' THEN
			PERFORM countersign.forget(event);
		END IF;
	END LOOP;
	UPDATE countersign.office AS o SET number = office.number, link = office.link;
	PERFORM pg_notify('countersign', office.number::text);
	RETURN numbers;
END $$;
