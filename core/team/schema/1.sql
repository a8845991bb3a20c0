-- The register of an office. Logins of the office read the tables and write through the functions alone, which run with the
-- rights of the owner. Everything is in the schema countersign, and every name below is given with it, since a
-- session may have any search_path. docs/decisions/0061-an-office-is-a-database.md has the reasons.

CREATE SCHEMA countersign;

-- The last entry, and what the office is called. Appending locks the row.
CREATE TABLE countersign.office (
	one     boolean PRIMARY KEY DEFAULT true CHECK (one), -- there is one row
	id      text    NOT NULL CHECK (id ~ '^[0-9a-f]{16}$'), -- of the register
	name    text    NOT NULL,
	roles   text    NOT NULL, -- what the names of the office's three roles begin with
	schema  integer NOT NULL, -- the last of these files that was run
	format  integer NOT NULL, -- kinds of events of a later format are refused
	number  bigint  NOT NULL DEFAULT 0,
	link    bytea   NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(link) = 32)
);

-- The entries, as docs/register.md describes them. Nothing ever changes or deletes one.
CREATE TABLE countersign.events (
	number      bigint      PRIMARY KEY,
	request     text        NOT NULL, -- 'office' for what belongs to no request
	seq         integer     NOT NULL,
	event       bytea       NOT NULL, -- the bytes that the desk made: JSON on one line
	link        bytea       NOT NULL CHECK (length(link) = 32),
	key         uuid        NOT NULL, -- of the call of append
	received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (request, seq)
);
CREATE INDEX ON countersign.events (key);

-- The kinds of events, and who may write them. A manager may write what a clerk may, and the owner of the database everything.
CREATE TABLE countersign.kinds (
	kind   text    PRIMARY KEY,
	office boolean NOT NULL, -- it belongs to no request
	writer text    NOT NULL CHECK (writer IN ('clerk', 'manager', 'owner')),
	person boolean NOT NULL, -- it must say who did it
	format integer NOT NULL  -- the format of the office from which on it may be written
);
INSERT INTO countersign.kinds (kind, office, writer, person, format) VALUES
	('added',             false, 'clerk',   false, 1),
	('launched',          false, 'clerk',   false, 1),
	('launch_failed',     false, 'clerk',   false, 1),
	('opened',            false, 'clerk',   false, 1),
	('open_failed',       false, 'clerk',   false, 1),
	('returned',          false, 'clerk',   false, 1),
	('answered',          false, 'clerk',   false, 1),
	('stored',            false, 'clerk',   false, 1),
	('trouble',           false, 'clerk',   false, 1),
	('discarded',         false, 'clerk',   false, 1),
	('withdrawn',         false, 'clerk',   true,  1),
	('reopened',          false, 'clerk',   true,  1),
	('edited',            false, 'clerk',   true,  1),
	('details_changed',   false, 'clerk',   true,  1),
	('reviewed',          false, 'manager', true,  1),
	('vouched',           false, 'clerk',   true,  1),
	('document_damaged',  false, 'clerk',   false, 1),
	('document_restored', false, 'clerk',   false, 1),
	('return_lost',       false, 'clerk',   false, 1),
	('return_heard',      false, 'clerk',   false, 1),
	('replaced',          false, 'clerk',   false, 1),
	('archived',          false, 'clerk',   true,  1),
	('unarchived',        false, 'clerk',   true,  1),
	('desk_joined',       true,  'clerk',   true,  1),
	('desk_rejoined',     true,  'clerk',   true,  1),
	('forgotten',         true,  'owner',   true,  1);

-- The desks, as the last event desk_joined of each says.
CREATE TABLE countersign.desks (
	desk   text   PRIMARY KEY,
	login  text   NOT NULL,
	key    bytea  NOT NULL CHECK (length(key) = 32), -- the public key of its register, Ed25519
	number bigint NOT NULL REFERENCES countersign.events
);

-- What a desk has signed: the statement of docs/register.md about the entry with that number. Desks check the signatures.
CREATE TABLE countersign.witnesses (
	desk      text        NOT NULL REFERENCES countersign.desks,
	number    bigint      NOT NULL REFERENCES countersign.events,
	link      bytea       NOT NULL,
	at        timestamptz NOT NULL CHECK (at = date_trunc('second', at)),
	signature bytea       NOT NULL CHECK (length(signature) = 64),
	PRIMARY KEY (desk, number)
);

-- The files of documents, in parts of at most 1 MiB. One that was forgotten has no parts any more.
CREATE TABLE countersign.documents (
	sha256       bytea       PRIMARY KEY CHECK (length(sha256) = 32),
	size         bigint      NOT NULL,
	stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
	forgotten_at timestamptz
);
CREATE TABLE countersign.parts (
	sha256  bytea   NOT NULL REFERENCES countersign.documents,
	part    integer NOT NULL,
	content bytea   NOT NULL,
	PRIMARY KEY (sha256, part)
);

-- Files that are on their way here. No login reads them.
CREATE TABLE countersign.uploads (
	upload  uuid        NOT NULL,
	part    integer     NOT NULL CHECK (part BETWEEN 0 AND 511),
	login   text        NOT NULL,
	content bytea       NOT NULL CHECK (length(content) BETWEEN 1 AND 1048576),
	at      timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (upload, part)
);

-- Who does what at the moment, such as asking a gateway about a visit.
CREATE TABLE countersign.leases (
	what         text        PRIMARY KEY CHECK (what ~ '^[[:graph:]]{1,200}$'),
	desk         text        NOT NULL REFERENCES countersign.desks,
	leased_until timestamptz NOT NULL
);

-- may returns whether the login of the session may do what a clerk, a manager or the owner may. A manager is a member of the role
-- of the clerks.
CREATE FUNCTION countersign.may(writer text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN pg_has_role(session_user, current_user, 'MEMBER') OR writer <> 'owner' AND (
	SELECT pg_has_role(session_user, o.roles || '_' || writer, 'MEMBER') FROM countersign.office AS o);

-- has_desk returns whether a desk is one of the login of the session.
CREATE FUNCTION countersign.has_desk(of_desk text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM countersign.desks AS d WHERE d.desk = of_desk AND d.login = session_user);

-- has_plain_members returns whether no object in a JSON text repeats a member, and all members are in lower case. Go's decoder takes
-- a member in any case for a field, and the last of several; PostgreSQL does not. The members of query and sessions are no fields.
CREATE FUNCTION countersign.has_plain_members(document json) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
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

-- join_desk makes the desk of an event desk_joined one of the login of the session, with the key that the event has.
CREATE FUNCTION countersign.join_desk(event json, number bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	name text := event ->> 'desk';
	key  bytea;
BEGIN
	IF name !~ '^[[:graph:]]([[:graph:] ]{0,62}[[:graph:]])?$' OR name IS NULL THEN
		RAISE EXCEPTION 'a desk needs a name of at most 64 letters' USING ERRCODE = 'CS003';
	END IF;
	BEGIN
		key := decode(event -> 'desk_joined' ->> 'key', 'base64');
	EXCEPTION WHEN data_exception THEN
		key := NULL;
	END;
	IF length(key) IS DISTINCT FROM 32 THEN
		RAISE EXCEPTION 'desk % has no key of 32 bytes', name USING ERRCODE = 'CS003';
	END IF;
	INSERT INTO countersign.desks AS d (desk, login, key, number) VALUES (name, session_user, key, join_desk.number)
	ON CONFLICT (desk) DO UPDATE SET key = excluded.key, number = excluded.number WHERE d.login = session_user;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'desk % is one of another login', name USING ERRCODE = 'CS002';
	END IF;
END $$;

-- forget deletes the parts of the documents that an event forgotten names: those of one request that no other request has.
CREATE FUNCTION countersign.forget(event json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	of_request text := event -> 'forgotten' ->> 'request';
	digest     text;
BEGIN
	FOR digest IN SELECT * FROM json_array_elements_text(event -> 'forgotten' -> 'documents') LOOP
		IF digest !~ '^[0-9a-f]{64}$' OR NOT EXISTS (SELECT FROM countersign.events AS e WHERE e.request = of_request AND position(convert_to('"' || digest || '"', 'UTF8') IN e.event) > 0) THEN
			RAISE EXCEPTION 'request % has no document %', of_request, digest USING ERRCODE = 'CS003';
		END IF;
		IF EXISTS (SELECT FROM countersign.events AS e WHERE e.request NOT IN (of_request, 'office') AND position(convert_to('"' || digest || '"', 'UTF8') IN e.event) > 0) THEN
			RAISE EXCEPTION 'another request has document %, too', digest USING ERRCODE = 'CS003';
		END IF;
		DELETE FROM countersign.parts AS p WHERE p.sha256 = decode(digest, 'hex');
		UPDATE countersign.documents AS d SET forgotten_at = clock_timestamp() WHERE d.sha256 = decode(digest, 'hex');
	END LOOP;
END $$;

-- append adds entries to the register, all or none, and returns their numbers. A key that was used before returns the numbers
-- of then and adds nothing. Errors of its own have a SQLSTATE:
--   CS001  the request is not at the version that the first seq continues, or the key was used for other events
--   CS002  this login must not write such an event
--   CS003  the event has not the form of an event
CREATE FUNCTION countersign.append(key uuid, requests text[], seqs integer[], events bytea[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	office  countersign.office;
	kind    countersign.kinds;
	numbers bigint[];
	line    text;
	event   json;
	last    integer;
	moment  text;
BEGIN
	IF NOT countersign.may('clerk') THEN
		RAISE EXCEPTION 'login % is no clerk or manager of this office', session_user USING ERRCODE = 'CS002';
	END IF;
	IF key IS NULL OR array_ndims(events) IS DISTINCT FROM 1 OR cardinality(events) > 1000 OR array_ndims(requests) IS DISTINCT FROM 1 OR array_ndims(seqs) IS DISTINCT FROM 1
		OR cardinality(events) <> cardinality(requests) OR cardinality(events) <> cardinality(seqs) THEN
		RAISE EXCEPTION 'one to 1000 events are appended at a time, each with its request and its position' USING ERRCODE = 'CS003';
	END IF;

	SELECT * INTO STRICT office FROM countersign.office FOR NO KEY UPDATE;

	SELECT array_agg(e.number ORDER BY e.number) INTO numbers FROM countersign.events AS e WHERE e.key = append.key;
	IF numbers IS NOT NULL THEN
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
			IF line !~ '^\{' OR line ~ '[\u0001-\u001f]' OR NOT countersign.has_plain_members(event) THEN
				RAISE EXCEPTION 'not one line with one JSON object of plain members';
			END IF;
			IF moment !~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$' OR moment IS NULL THEN
				RAISE EXCEPTION 'no time in UTC';
			END IF;
			PERFORM moment::timestamptz;
		EXCEPTION WHEN data_exception OR raise_exception OR statement_too_complex OR program_limit_exceeded THEN
			RAISE EXCEPTION 'event %: %', i, SQLERRM USING ERRCODE = 'CS003';
		END;
		IF (event ->> 'seq') IS DISTINCT FROM seqs[i]::text OR json_typeof(event -> 'seq') <> 'number' THEN
			RAISE EXCEPTION 'event %: it does not say its position', i USING ERRCODE = 'CS003';
		END IF;
		IF moment::timestamptz > clock_timestamp() + interval '5 minutes' THEN
			RAISE EXCEPTION 'event %: its time, %, is in the future', i, moment USING ERRCODE = 'CS003';
		END IF;

		SELECT k.* INTO kind FROM countersign.kinds AS k WHERE k.kind = event ->> 'kind' AND k.format <= office.format AND k.office = (requests[i] = 'office');
		IF NOT FOUND THEN
			RAISE EXCEPTION 'event %: this office has no events of the kind %', i, coalesce(event ->> 'kind', 'null') USING ERRCODE = 'CS003';
		END IF;
		IF NOT countersign.may(kind.writer) THEN
			RAISE EXCEPTION 'event %: login % must not write events of the kind %', i, session_user, kind.kind USING ERRCODE = 'CS002';
		END IF;
		IF (event ->> 'by') <> session_user OR kind.person AND (event ->> 'by') IS NULL THEN
			RAISE EXCEPTION 'event %: it does not say that login % did it', i, session_user USING ERRCODE = 'CS002';
		END IF;
		IF kind.kind <> 'desk_joined' AND kind.writer <> 'owner' AND ((event ->> 'desk') IS NULL OR NOT countersign.has_desk(event ->> 'desk')) THEN
			RAISE EXCEPTION 'event %: the desk % is not one of login %', i, coalesce(event ->> 'desk', 'null'), session_user USING ERRCODE = 'CS002';
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

-- put stores one part of a file that is on its way here, and takes the same part once more. What was left half way for a day is deleted.
CREATE FUNCTION countersign.put(upload uuid, part integer, content bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF part = 0 THEN
		DELETE FROM countersign.uploads AS u WHERE u.login = session_user AND u.at < clock_timestamp() - interval '1 day';
	END IF;
	INSERT INTO countersign.uploads AS u (upload, part, login, content) VALUES (put.upload, put.part, session_user, put.content)
	ON CONFLICT ON CONSTRAINT uploads_pkey DO UPDATE SET content = excluded.content WHERE u.login = session_user;
END $$;

-- finish makes a document of the parts that put has stored, and returns its SHA-256. Nobody sees it before. A document that is
-- there already is left as it is, and one that was forgotten is there again.
CREATE FUNCTION countersign.finish(upload uuid) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	digest bytea;
	bytes  bigint;
BEGIN
	SELECT sha256(string_agg(u.content, ''::bytea ORDER BY u.part)), sum(length(u.content)) INTO digest, bytes
	FROM countersign.uploads AS u WHERE u.upload = finish.upload AND u.login = session_user
	HAVING max(u.part) = count(*) - 1;
	IF digest IS NULL THEN
		RAISE EXCEPTION 'the parts of the file are not all here' USING ERRCODE = 'CS003';
	END IF;
	INSERT INTO countersign.documents AS d (sha256, size) VALUES (digest, bytes)
	ON CONFLICT ON CONSTRAINT documents_pkey DO UPDATE SET forgotten_at = NULL, stored_at = clock_timestamp() WHERE d.forgotten_at IS NOT NULL;
	IF FOUND THEN
		INSERT INTO countersign.parts (sha256, part, content)
		SELECT digest, u.part, u.content FROM countersign.uploads AS u WHERE u.upload = finish.upload AND u.login = session_user;
	END IF;
	DELETE FROM countersign.uploads AS u WHERE u.upload = finish.upload AND u.login = session_user;
	RETURN digest;
END $$;

-- witness stores what a desk has signed. It fails with CS001 where the register has another link at that number.
CREATE FUNCTION countersign.witness(desk text, number bigint, link bytea, at timestamptz, signature bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT countersign.has_desk(desk) THEN
		RAISE EXCEPTION 'the desk % is not one of login %', desk, session_user USING ERRCODE = 'CS002';
	END IF;
	IF NOT EXISTS (SELECT FROM countersign.events AS e WHERE e.number = witness.number AND e.link = witness.link) THEN
		RAISE EXCEPTION 'entry % is not the one that desk % has signed', number, desk USING ERRCODE = 'CS001';
	END IF;
	INSERT INTO countersign.witnesses (desk, number, link, at, signature) VALUES (witness.desk, witness.number, witness.link, witness.at, witness.signature)
	ON CONFLICT DO NOTHING;
END $$;

-- lease gives a desk something for some seconds, unless another desk has it, and returns the name of the desk that has it then. With 0
-- seconds the desk gives back what it has.
CREATE FUNCTION countersign.lease(what text, desk text, seconds integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	holder text;
BEGIN
	IF NOT countersign.has_desk(desk) THEN
		RAISE EXCEPTION 'the desk % is not one of login %', desk, session_user USING ERRCODE = 'CS002';
	END IF;
	IF seconds NOT BETWEEN 0 AND 3600 OR seconds IS NULL THEN
		RAISE EXCEPTION 'a lease is for at most an hour' USING ERRCODE = 'CS003';
	END IF;
	INSERT INTO countersign.leases AS l (what, desk, leased_until) VALUES (lease.what, lease.desk, clock_timestamp() + make_interval(secs => seconds))
	ON CONFLICT ON CONSTRAINT leases_pkey DO UPDATE SET desk = excluded.desk, leased_until = excluded.leased_until
	WHERE l.desk = excluded.desk OR l.leased_until <= clock_timestamp();
	SELECT l.desk INTO holder FROM countersign.leases AS l WHERE l.what = lease.what AND l.leased_until > clock_timestamp();
	DELETE FROM countersign.leases AS l WHERE l.leased_until <= clock_timestamp() - interval '1 day';
	RETURN holder;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA countersign FROM PUBLIC;
