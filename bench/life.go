package main

import (
	"strconv"
	"time"

	"countersign/core/request"
)

// life is what happens to one request.
type life struct {
	id        request.ID
	n         int
	added     time.Time
	dice      dice // as it is after the fields below were chosen; each event begins with a copy
	person    int
	gateway   int
	documents int
	steps     int
	kinds     [maxSteps]step
	ending    ending
	imported  bool // it was added from a list, by its id at the gateway
}

const maxSteps = 24

// step is one event of a life.
type step struct {
	kind     request.EventKind
	attempt  byte
	document byte // of a stored file
	last     byte // 1 for the last file of an attempt
	ends     byte // the index in endings of an answer
}

// ending is how an attempt ends.
type ending struct {
	status        request.Status
	code, message string
}

// endings are the outcomes, the most frequent first. The first is a signature.
var endings = []ending{
	{request.Signed, "finished", ""},
	{request.Rejected, "rejected", "The signer declined: the amount is not the one that was agreed"},
	{request.Canceled, "canceled", ""},
	{request.Failed, "failed", "The certificate of the signer has expired"},
	{request.Gone, "expired", "The signing process no longer exists"},
}

// chooseEnding returns an index in endings.
func chooseEnding(d *dice) byte {
	switch n := d.below(100); {
	case n < 85:
		return 0
	case n < 92:
		return 1
	case n < 96:
		return 2
	case n < 99:
		return 3
	}
	return 4
}

// life returns what happens to a request.
func (o office) life(n int) life {
	l := life{id: o.id(n), n: n, added: o.at(n, 0), dice: newDice(^o.seed, n)}
	d := &l.dice
	l.person, l.gateway, l.documents = d.skewed(len(people)), chooseGateway(d), 1
	if d.chance(180) {
		l.documents = 2 + d.below(2)
	}
	l.add(request.KindAdded, 0)
	if o.additions {
		l.imported, l.gateway = true, 2
		return l
	}
	recent := n >= o.requests-min(newest, o.requests/20)
	if !recent && d.chance(1) || recent && d.chance(400) {
		return l // nobody has signed it yet
	}
	if d.chance(50) {
		l.add(request.KindEdited, 0)
	}
	if recent && d.chance(100) {
		l.add(request.KindLaunched, 0)
		l.add(request.KindOpened, 0)
		return l // the browser is out
	}
	if d.chance(15) {
		l.add(request.KindWithdrawn, 0)
		return l
	}
	end := l.attempt(0)
	if end != 0 && d.chance(400) {
		l.add(request.KindReopened, 0)
		end = l.attempt(1)
	}
	if d.chance(400) || end != 0 && d.chance(800) {
		l.add(request.KindReviewed, 0)
	}
	if n < o.requests*2/3 && d.chance(500) {
		l.add(request.KindArchived, 0)
	}
	return l
}

func (l *life) add(kind request.EventKind, attempt byte) *step {
	s := &l.kinds[l.steps]
	*s = step{kind: kind, attempt: attempt}
	l.steps++
	return s
}

// attempt adds a visit to the gateway up to its end, and returns the index of the outcome in endings.
func (l *life) attempt(attempt byte) byte {
	d := &l.dice
	end := chooseEnding(d)
	l.add(request.KindLaunched, attempt)
	l.add(request.KindOpened, attempt)
	if end != 4 { // a signer who has gone does not come back
		l.add(request.KindReturned, attempt).ends = end
	}
	l.add(request.KindAnswered, attempt).ends = end
	l.ending = endings[end]
	if end == 0 {
		for i := range l.documents {
			s := l.add(request.KindStored, attempt)
			s.document = byte(i) // #nosec G115 -- at most 3
			if i == l.documents-1 {
				s.last = 1
			}
		}
	}
	l.add(request.KindDiscarded, attempt)
	return end
}

// delay returns how many additions there are before a step, of at most so many.
func (l *life) delay(i, most int) int {
	d := l.dice + dice(i)<<32 // #nosec G115 -- any bits will do
	switch l.kinds[i].kind {
	case request.KindLaunched, request.KindEdited, request.KindWithdrawn, request.KindReopened:
		return d.skewed(most + 1)
	case request.KindReviewed, request.KindArchived:
		return d.below(most + 1)
	case request.KindReturned:
		return d.skewed(most/50 + 1)
	}
	return 0 // the programs do it at once
}

// appendEvent appends an event of a life as it is stored, which is how encoding/json writes a [request.Event].
func (l *life) appendEvent(b []byte, i int, at time.Time) []byte {
	s := l.kinds[i]
	d := l.dice + dice(s.attempt)<<40 // the same in all events of an attempt
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, int64(i+1), 10)
	b = append(b, `,"at":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	b = append(append(append(b, `","kind":"`...), s.kind...), '"')
	switch s.kind {
	case request.KindAdded, request.KindEdited, request.KindLaunched, request.KindReviewed, request.KindArchived, request.KindWithdrawn, request.KindReopened:
		b = append(append(append(b, `,"by":"`...), people[l.person]...), '"')
	}
	switch s.kind {
	case request.KindAdded:
		b = l.appendAdded(b)
	case request.KindEdited:
		b = append(b, `,"edited":{`...)
		b = append(l.appendDue(l.appendTitle(b, " (2)")), '}')
	case request.KindLaunched:
		b = l.appendVisit(b, d)
	case request.KindReturned:
		b = append(d.digest(append(b, `,"return":{"ticket":"sha256:`...)), `","query":{"status":["`...)
		b = append(append(append(append(b, endings[s.ends].code...), `"]},"word":"`...), endings[s.ends].code...), `"}`...)
	case request.KindAnswered:
		b = l.appendAnswer(b, d, endings[s.ends])
	case request.KindStored:
		b = l.appendStored(b, d, s)
	case request.KindReviewed:
		b = append(append(append(b, `,"reviewed":{"decision":"`...), decisionOn(l.ending)...), '"')
		if d.chance(300) {
			b = append(append(append(b, `,"note":"`...), notes[d.below(len(notes))]...), '"')
		}
		b = append(b, '}')
	case request.KindArchived:
		b = append(b, `,"reason":"Closed file"`...)
	case request.KindWithdrawn:
		b = append(b, `,"reason":"Added by mistake"`...)
	}
	return append(b, '}')
}

// decisionOn returns the review of an outcome.
func decisionOn(e ending) request.Decision {
	if e.status == request.Rejected {
		return request.SentBack
	}
	return request.Accepted
}

// appendTitle appends the title of a request, with an addition, and the reference, which most requests have.
func (l *life) appendTitle(b []byte, addition string) []byte {
	d := l.dice
	kind := kinds[d.skewed(len(kinds))]
	b = append(append(append(b, `"title":"`...), kind...), ' ')
	b = append(append(b, subjects[d.below(len(subjects))]...), ' ')
	b = append(append(number(b, l.n+1, 1), addition...), '"')
	if d.chance(800) {
		b = number(append(b, `,"reference":"`...), d.below(40)+10, 2)
		b = append(append(append(b, '-'), areas[d.below(len(areas))]...), '-')
		b = append(number(b, l.n%100_000, 3), '"')
	}
	return b
}

// appendDue appends the due date, which most requests have.
func (l *life) appendDue(b []byte) []byte {
	d := l.dice + 1
	if !d.chance(600) {
		return b
	}
	days := 3 + d.skewed(60)
	return append(l.added.AddDate(0, 0, days).AppendFormat(append(b, `,"due":"`...), time.DateOnly), '"')
}

func (l *life) appendAdded(b []byte) []byte {
	d := l.dice + 2
	b = l.appendTitle(append(b, `,"added":{`...), "")
	b = append(append(append(b, `,"gateway":"`...), gateways[l.gateway]...), '"')
	b = l.appendDue(b)
	if l.imported {
		return append(number(append(b, `,"remote_id":"`...), 1_000_000+l.n, 1), `"}`...)
	}
	b = append(b, `,"documents":[`...)
	for i := range l.documents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"name":"`...), files[d.below(len(files))]...)
		b = append(number(append(b, '-'), l.n+1, 5), `.pdf","sha256":"`...)
		b = append(d.digest(b), `","size":`...)
		b = append(number(b, 20_000+d.skewed(2_000_000), 1), '}')
	}
	b = append(b, `],"signers":[`...)
	signers := 1
	if d.chance(150) {
		signers = 2
	}
	for i := range signers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendSigner(b, &d)
	}
	return append(b, `]}`...)
}

func appendSigner(b []byte, d *dice) []byte {
	first, last, second := d.below(len(firstNames)), d.skewed(len(lastNames)), d.below(len(lastNames))
	b = append(append(append(b, `{"name":"`...), firstNames[first]...), ' ')
	b = append(append(append(b, lastNames[last]...), ' '), lastNames[second]...)
	b = number(append(b, `","email":"signer`...), d.below(90_000), 1)
	b = append(b, `@example.org","country":"ES","number":"`...)
	n := d.below(100_000_000)
	return append(append(number(b, n, 8), "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]), `"}`...)
}

func (l *life) appendVisit(b []byte, d dice) []byte {
	b = append(d.digest(append(b, `,"visit":{"ticket":"sha256:`...)), `","gateway":"`...)
	b = append(append(append(b, gateways[l.gateway]...), `","requests":["`...), l.id...)
	process := d.hex(nil)
	b = append(append(append(b, `"],"process_id":"`...), process...), `","sessions":{"`...)
	b = append(append(append(append(b, l.id...), `":{"remote_id":"`...), process...), `","documents":[`...)
	for i := range l.documents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(d.hex(append(b, '"')), '"')
	}
	return append(b, `]}}}`...)
}

func (l *life) appendAnswer(b []byte, d dice, e ending) []byte {
	b = append(d.digest(append(b, `,"answer":{"ticket":"sha256:`...)), `","status":"`...)
	b = append(append(append(append(b, e.status...), `","word":"`...), e.code...), '"')
	if e.message != "" {
		b = append(append(append(b, `,"message":"`...), e.message...), '"')
	}
	b = append(b, `,"evidence":"gateway","documents":[`...)
	for i := range l.documents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"word":"`...), e.code...), '"')
		if e.status == request.Signed {
			b = append(b, `,"signed":true`...)
		}
		b = append(b, '}')
	}
	next := `],"next":"discard"}`
	if e.status == request.Signed {
		next = `],"next":"fetch"}`
	}
	return append(b, next...)
}

func (l *life) appendStored(b []byte, d dice, s step) []byte {
	b = append(d.digest(append(b, `,"stored":{"ticket":"sha256:`...)), `","document":`...)
	d += dice(s.document) << 48
	b = append(d.digest(append(number(b, int(s.document), 1), `,"sha256":"`...)), `","size":`...)
	b = append(number(b, 30_000+d.skewed(2_000_000), 1), `,"proves":true,"next":"`...)
	if s.last == 1 {
		return append(b, `discard"}`...)
	}
	return append(b, `fetch"}`...)
}

func chooseGateway(d *dice) int {
	switch n := d.below(100); {
	case n < 55:
		return 0
	case n < 75:
		return 1
	case n < 95:
		return 2
	}
	return 3
}

var (
	gateways   = []string{"office", "uaepass", "portasigma", "sandbox"}
	people     = []string{"ana", "bernat", "carla", "david", "elena", "ferran", "gemma", "hugo", "irene", "jordi", "karim", "laia", "marc", "noa", "oriol", "paula", "quim", "rosa", "sara", "toni", "ursula", "victor", "wafa", "xenia"}
	kinds      = []string{"Contrato de arrendamiento", "Contracte laboral", "Acta de la reunión", "Supplier agreement", "Resolución", "Poder notarial", "Certificado", "Conveni de col·laboració", "Holiday request", "Liquidación", "Informe tècnic", "Autorització"}
	subjects   = []string{"de la oficina central", "del almacén", "de València", "of the north office", "del departament d'obres", "de señalización", "de la escuela", "del museu", "of the harbor", "de contratación", "del ajuntament", "de informática", "de mantenimiento", "del laboratori", "of the annual audit", "de la biblioteca"}
	areas      = []string{"EE", "OB", "RH", "CT", "JU", "IT"}
	files      = []string{"Contrato", "Anexo", "Acta", "Lease", "Informe", "Resolucion", "Poder"}
	notes      = []string{"Checked against the file", "Revisado con el original", "The amount is right", "Correcte"}
	firstNames = []string{"Núria", "José", "María", "Àlex", "Joan", "Inés", "Sofía", "Youssef", "Fatima", "Aitor", "Íñigo", "Zoë", "Miquel", "Carme", "Andrés", "Begoña", "Lluís", "Mónica", "Óscar", "Teresa"}
	lastNames  = []string{"García", "Martí", "López", "Puig", "Sánchez", "Ferrer", "Gómez", "Vidal", "Peña", "Roca", "Muñoz", "Soler", "Ibáñez", "Serra", "Núñez", "Bosch", "Ortega", "Casals", "Del Río", "Ben Salah", "Echeverría", "Pons", "Vázquez", "Riera"}
)
