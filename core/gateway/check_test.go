package gateway_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/core/gateway"
)

func TestCheckReachReportsTLSAndTheClock(t *testing.T) {
	late := false
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if late {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}
	})
	encrypted, plain := httptest.NewUnstartedServer(handler), httptest.NewServer(handler)
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // a client rejects its certificate
	encrypted.StartTLS()
	t.Cleanup(encrypted.Close)
	t.Cleanup(plain.Close)
	reach := func(server *httptest.Server, client *http.Client) (map[gateway.Part]gateway.CheckResult, bool) {
		root, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		findings, reached := gateway.Caller{Gateway: "one", HTTP: client}.CheckReach(t.Context(), root)
		found := map[gateway.Part]gateway.CheckResult{}
		for _, f := range findings {
			if !f.OK && f.Advice == "" {
				t.Errorf("it does not say what to do: %+v", f)
			}
			found[f.Name] = f
		}
		return found, reached
	}

	found, reached := reach(encrypted, encrypted.Client())
	if tls := found["tls"]; !reached || !tls.OK || !strings.HasPrefix(tls.Detail, "TLS 1.3, certificate of ") || !found["clock"].OK {
		t.Errorf("trusted: %+v", found)
	}
	untrusting, err := gateway.NewClient(gateway.Profile{Name: "one"}, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	defer untrusting.CloseIdleConnections()
	if found, reached = reach(encrypted, untrusting); reached || !found["address"].OK || found["tls"].OK {
		t.Errorf("not trusted: %+v", found)
	}
	if found, reached = reach(plain, plain.Client()); !reached || !strings.Contains(found["tls"].Detail, "on this computer") {
		t.Errorf("without TLS: %+v", found)
	}
	late = true
	if found, _ = reach(plain, plain.Client()); found["clock"].OK || !strings.Contains(found["clock"].Detail, "1h0m") {
		t.Errorf("an hour late: %+v", found)
	}
	plain.Close()
	if found, reached = reach(plain, plain.Client()); reached || found["address"].OK {
		t.Errorf("nobody there: %+v", found)
	}
}

func TestTheClockIsReadFromDatesOfAllForms(t *testing.T) {
	now := time.Now().Add(-time.Hour)
	for _, form := range []string{http.TimeFormat, time.RFC850, time.ANSIC, time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.In(time.FixedZone("GMT", 0)).Format(form))
		}))
		root, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		findings, _ := gateway.Caller{Gateway: "one", HTTP: server.Client()}.CheckReach(t.Context(), root)
		if last := findings[len(findings)-1]; last.Name != gateway.PartClock || last.OK || !strings.Contains(last.Detail, "1h0m") {
			t.Errorf("%s: got %+v", form, last)
		}
		server.Close()
	}
}
