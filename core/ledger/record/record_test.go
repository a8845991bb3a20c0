package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/core/ledger/record"
	"countersign/core/request"
)

const id = request.ID("018f0000-0000-7000-8000-000000000001")

// throughJSON returns what encoding/json makes of r and reads again.
func throughJSON(t rapid.TB, r request.Request) request.Request {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read request.Request
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// checkSurvives fails the test if a record of r is not read as JSON of r is.
func checkSurvives(t rapid.TB, r request.Request) {
	t.Helper()
	want := throughJSON(t, r)
	want.ID = r.ID // in JSON it is a text like any other
	got, err := record.Decode(r.ID, record.Append(nil, r))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("a record is not read as JSON is (-JSON +record):\n%s", cmp.Diff(want, got))
	}
	checkDecoder(t, r, want)
}

// checkDecoder fails the test if a decoder reads a record of r otherwise, also between records of other requests.
func checkDecoder(t rapid.TB, r, want request.Request) {
	t.Helper()
	var whole record.Decoder
	without := record.Decoder{WithoutVisits: true}
	for turn := range 3 {
		for _, d := range []*record.Decoder{&whole, &without} {
			var got, other request.Request
			decode := func() error { return d.Decode(&got, []byte(r.ID), record.Append(nil, r)) }
			decodeOther := func() error { return d.Decode(&other, []byte(id), record.Append(nil, signedLife())) }
			first, second := decode, decodeOther
			if turn == 1 { // in memory that the other one had
				first, second = decodeOther, decode
			}
			if err := errors.Join(first(), second()); err != nil {
				t.Fatal(err)
			}
			expected := want
			if d.WithoutVisits {
				expected.Visit = nil
			}
			if !reflect.DeepEqual(expected, got) {
				t.Errorf("a decoder reads it otherwise (-JSON +record):\n%s", cmp.Diff(expected, got))
			}
			d.Reuse()
		}
	}
}

func TestAnyRequestIsReadAsFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := request.Request{ID: id}
		draw(t, reflect.ValueOf(&r).Elem(), "Request")
		checkSurvives(t, r)
	})
}

// The texts that ids, digests and everything else are drawn from.
var texts = []string{
	"", "a", "Contratación «2026»", "\xff\xfe no UTF-8 \xff", "e\u0301\u200b\u2028<&>", "signed", "needed", "ask", "damaged in another way",
	string(id), "018f0000-0000-7000-8000-00000000000a", "018F0000-0000-7000-8000-00000000000A", "018f0000-0000-7000-8000+00000000000a", "018f0000-0000-7000-8000-00000000000g",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256:short", "ticket",
}

// draw sets v to any value that JSON can have.
func draw(t *rapid.T, v reflect.Value, name string) {
	set := func(value any) { v.Set(reflect.ValueOf(value).Convert(v.Type())) }
	switch v.Kind() {
	case reflect.String:
		set(rapid.OneOf(rapid.SampledFrom(texts), rapid.String()).Draw(t, name))
	case reflect.Bool:
		set(rapid.Bool().Draw(t, name))
	case reflect.Int, reflect.Int64:
		set(rapid.Int64().Draw(t, name))
	case reflect.Float64:
		set(rapid.Float64().Draw(t, name))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), name)
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t, name); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			draw(t, v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 2).Draw(t, name) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			key.SetString(rapid.SampledFrom([]string{string(id), "", "a", "018f0000-0000-7000-8000-00000000000b"}).Draw(t, name))
			draw(t, value, name)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			set(time.UnixMilli(rapid.Int64Range(-62_167_219_200_000, 253_402_300_799_999).Draw(t, name)).
				Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 999_999}).Draw(t, name))).UTC())
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "ID" || v.Type() != reflect.TypeFor[request.Request]() {
				draw(t, v.Field(i), v.Type().Field(i).Name)
			}
		}
	default:
		t.Fatalf("%s has a type that the test does not know: %s", name, v.Type())
	}
}

// TestNoFieldIsForgotten sets every field of every struct alone.
func TestNoFieldIsForgotten(t *testing.T) {
	r := request.Request{ID: id}
	fields := 0
	setEach(t, reflect.ValueOf(&r).Elem(), "Request", func(path string) {
		fields++
		t.Run(path, func(t *testing.T) { checkSurvives(t, r) })
	})
	if fields < 100 {
		t.Errorf("only %d fields were found", fields)
	}
}

// setEach sets v, if it is no struct, and then everything within v alone, and calls check each time. v is zero at the end.
func setEach(t *testing.T, v reflect.Value, path string, check func(path string)) {
	t.Helper()
	set := func(value any) {
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
		check(path)
	}
	switch v.Kind() {
	case reflect.String:
		set("text")
	case reflect.Bool:
		set(true)
	case reflect.Int, reflect.Int64:
		set(300)
	case reflect.Float64:
		set(1.5)
	case reflect.Pointer:
		set(reflect.New(v.Type().Elem()).Interface())
		setEach(t, v.Elem(), path, check)
	case reflect.Slice:
		if strings.Count(path, "Args") < 3 { // causes are within causes
			set(reflect.MakeSlice(v.Type(), 2, 2).Interface())
			setEach(t, v.Index(1), path, check)
		}
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		setEach(t, value, path, func(path string) {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf(id), value)
			check(path)
		})
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			set(start)
			break
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; path != "Request" || name != "ID" {
				setEach(t, v.Field(i), path+"."+name, check)
			}
		}
	default:
		t.Fatalf("%s has a type that the test does not know: %s", path, v.Type())
	}
	v.SetZero()
}

func TestTimesAreReadInUTC(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 123_456_789, time.FixedZone("", -7*60*60))
	got, err := record.Decode(id, record.Append(nil, request.Request{ID: id, CreatedAt: at, LaunchedAt: &at}))
	if err != nil || !got.CreatedAt.Equal(at) || !got.LaunchedAt.Equal(at) || got.CreatedAt.Location() != time.UTC {
		t.Errorf("%v and %v are read for %v, %v", got.CreatedAt, got.LaunchedAt, at, err)
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	r := signedLife()
	b := record.Append([]byte("before"), r)
	if rest, found := bytes.CutPrefix(b, []byte("before")); !found || !bytes.Equal(rest, record.Append(nil, r)) {
		t.Errorf("appended: %q", b)
	}
}

func TestRecordsOfEqualRequestsAreEqual(t *testing.T) {
	r := signedLife()
	for i := range 20 {
		r.Visit.RemoteIDs[request.ID(fmt.Sprint(i))] = request.RemoteIDs{Request: fmt.Sprint(i)}
	}
	if !bytes.Equal(record.Append(nil, r), record.Append(nil, throughJSON(t, r))) {
		t.Error("two records of one request differ")
	}
}

func TestDecodeSharesNothingWithTheBytes(t *testing.T) {
	b := record.Append(nil, signedLife())
	got, err := record.Decode(id, b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if want := throughJSON(t, signedLife()); !reflect.DeepEqual(want, got) {
		t.Errorf("the request changed with its record (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestWhatIsNoRecordIsAnError(t *testing.T) {
	whole := record.Append(nil, signedLife())
	for n := range len(whole) {
		if got, err := record.Decode(id, whole[:n]); !errors.Is(err, record.ErrMalformed) || got.ID != "" {
			t.Errorf("the first %d bytes are read as %+v, %v", n, got, err)
		}
	}
	for name, b := range map[string][]byte{
		"more bytes":        append(bytes.Clone(whole), 0),
		"an unknown field":  {0, 0, 200, 0},
		"a field twice":     {0, 0, 33, 33, 0},
		"fields in reverse": {0, 0, 33, 25, 0},
		"an unknown word":   {0, 0, 11, 100, 0},
		"an unknown form":   {0, 0, 22, 9, 0},
		"a short id":        {0, 0, 22, 1, 1, 2, 3},
		"a huge length":     {0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0},
		"a huge number":     append(bytes.Repeat([]byte{0xff}, 20), 0),
		"a huge time":       {0, 0, 1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0},
		"no UTF-8":          {0, 0, 7, 1, 0xff, 0},
		"deep causes":       append([]byte{0, 0, 30}, bytes.Repeat([]byte{2, 1, 1}, 6000)...),
	} {
		if got, err := record.Decode(id, b); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: read as %+v, %v", name, got, err)
		}
	}
}

// FuzzDecode: any bytes are an error or a request, and the record of that request is read as the same request.
func FuzzDecode(f *testing.F) {
	for _, r := range []request.Request{{}, pendingLife(), signedLife()} {
		f.Add(record.Append(nil, r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := record.Decode(id, b)
		if err != nil {
			if !errors.Is(err, record.ErrMalformed) {
				t.Errorf("refused for another reason: %v", err)
			}
			return
		}
		again, err := record.Decode(id, record.Append(nil, r))
		if diff := cmp.Diff(r, again, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); err != nil || diff != "" {
			t.Errorf("%x is read and written and read otherwise (-first +second), %v:\n%s", b, err, diff)
		}
	})
}
