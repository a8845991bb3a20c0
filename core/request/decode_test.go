package request

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawInto fills a value with anything that an event can have, and leaves out some of it. It leaves out the omitted types, and with them arguments that are
// sentences.
func drawInto(t *rapid.T, v reflect.Value, omitted ...reflect.Type) {
	if rapid.IntRange(0, 3).Draw(t, "left out") == 0 {
		return
	}
	if slices.Contains(omitted, v.Type()) {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(rapid.Int64Range(0, 1<<43).Draw(t, "time")).UTC()))
		return
	case Arg:
		arg := Arg{Text: drawText(t)}
		if len(omitted) == 0 && rapid.Bool().Draw(t, "sentence") {
			arg = Arg{Cause: Cause{Code: "c", Args: []Arg{arg}}}
		}
		v.Set(reflect.ValueOf(arg))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		drawInto(t, v.Elem(), omitted...)
	case reflect.Struct:
		for i := range v.NumField() {
			drawInto(t, v.Field(i), omitted...)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			drawInto(t, v.Index(i), omitted...)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 2).Draw(t, "members") {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			drawInto(t, key, omitted...)
			drawInto(t, value, omitted...)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString(drawText(t))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "number"))
	default:
		v.SetInt(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "number"))
	}
}

func drawText(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "añadido", `a "b" <c>`, "a\\\n\x01\u2028", "\xff", "sha256:00", "𝒳"}), rapid.String()).Draw(t, "text")
}

// mustAgree fails unless DecodeEvent returns what json.Unmarshal does.
func mustAgree(t interface{ Fatalf(string, ...any) }, stored []byte) {
	var want Event
	wantErr := json.Unmarshal(stored, &want)
	got, err := DecodeEvent(stored)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%s: %v, not %v", stored, err, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s (-want +got):\n%s", stored, cmp.Diff(want, got))
	}
}

func TestEventsAreDecodedAsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var e Event
		drawInto(rt, reflect.ValueOf(&e).Elem())
		stored, err := json.Marshal(e)
		if err != nil {
			rt.Skip(err)
		}
		mustAgree(rt, stored)
	})
}

// An event that is as this program writes events is decoded without encoding/json: every field is known, in its place.
func TestEventsAreDecodedDirectly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var e Event
		drawInto(rt, reflect.ValueOf(&e).Elem(), reflect.TypeFor[*Rectangle]())
		stored, err := json.Marshal(e)
		if err != nil || strings.Contains(string(stored), ":null") {
			rt.Skip(err)
		}
		if !decodeDirectly(stored, new(Event)) {
			rt.Fatalf("%s is not decoded directly", stored)
		}
	})
}

const decoded = `{"seq":3,"at":"2026-11-21T10:00:00.123Z","kind":"answered","answer":{"ticket":"sha256:00","status":"signed","word":"finished","code":"c","args":["x"],"evidence":"gateway","documents":[{"word":"ok","signed":true}],"next":"fetch"}}`

// What is decoded for an event is its JSON once, what it refers to, and the event.
func TestAnEventIsDecodedWithFewAllocations(t *testing.T) {
	stored := []byte(decoded)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := DecodeEvent(stored); err != nil {
			t.Fatal(err)
		}
	}); n > 5 {
		t.Errorf("%.0f allocations", n)
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	stored := []byte(decoded)
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := DecodeEvent(stored); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e Event
			if err := json.Unmarshal(stored, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// FuzzDecodeEvent: whatever is stored is decoded as encoding/json does, or refused as it does.
func FuzzDecodeEvent(f *testing.F) {
	for _, seed := range []string{
		decoded, "", "{}", "[]", "null", `{"seq":1}`, `{"seq":01}`, `{"seq":-0}`, `{"seq":1.5}`, `{"seq":1e3}`, `{"seq":99999999999999999999}`, `{"seq":1,}`, `{"seq":1} `, `{"SEQ":1}`, `{"seq":1,"seq":2}`,
		`{"seq":1,"at":"2026-11-21T10:00:00+01:00","kind":"added","by":"\u00e1","added":{"title":"a\ud834\udd1e","documents":[],"signature":{"rectangle":{"x":1}},"practice":true,"positions":[{}]}}`,
		`{"kind":"launched","visit":{"ticket":"t","requests":["a"],"sessions":{"a":{"documents":["d"]},"a":{}},"note_causes":[{"code":"c","args":[{"code":"d"}]}]}}`,
		`{"kind":"returned","return":{"ticket":"","query":{"a":["b","c"],"":[]},"cannot_ask":false},"port":1}`, `{"kind":"a` + "\xff" + `"}`, `{"kind":"a` + "\n" + `"}`, `{"kind":"\x"}`, `{"at":""}`, `{"at":"\u0032"}`, `{"kind":nul`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stored []byte) { mustAgree(t, stored) })
}
