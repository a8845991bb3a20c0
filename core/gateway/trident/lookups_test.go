package trident_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
)

// A keyring may need seconds for each answer. Once for the token and once for what is looked for in
// the answers is enough, however many addresses they have.
func TestTheSecretIsNotLookedUpForEachAddressOfAnAnswer(t *testing.T) {
	d := newDouble(t)
	lookups := 0
	p := gateway.Profile{Name: "ours", Kind: "trident", URL: d.URL, Timeout: 5 * time.Second, Settings: map[string]any{"client_id": clientID}}
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	g, err := trident.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) {
		lookups++
		return clientSecret, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.stores()
	d.on("POST /signer_processes", 201, `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[`+
		strings.TrimSuffix(strings.Repeat(`{"id":"d1","content":"ROOT/trustedx-resources/esignsp/v2/documents/d1/content"},`, 8000), ",")+`]}`)
	if _, err := g.Prepare(t.Context(), batchSpec(3)); err != nil {
		t.Fatal(err)
	}
	if lookups != 2 {
		t.Errorf("%d lookups", lookups)
	}
}

// A list of more documents than were sent adds nothing: neither addresses nor memory.
func TestALongListOfDocumentsIsCut(t *testing.T) {
	d := newDouble(t)
	g := d.open(trident.Kind, nil)
	d.stores()
	content := `"content":"ROOT/trustedx-resources/esignsp/v2/documents/%s/elsewhere"`
	d.on("POST /signer_processes", 201, `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[`+
		`{"id":"d1",`+fmt.Sprintf(content, "d1")+`},{"id":"x"},{"id":"d2",`+fmt.Sprintf(content, "d2")+`}]}`)
	p, err := g.Prepare(t.Context(), batchSpec(2))
	if err != nil {
		t.Fatal(err)
	}
	if urls := p.RemoteIDs["r1"].ContentURLs; len(urls) != 2 || urls[0] == "" || urls[1] != "" || len(p.Notes) != 1 {
		t.Errorf("addresses %q, notes %v", urls, p.Notes)
	}
}

func TestAListOfFarMoreDocumentsThanWereSentIsRefused(t *testing.T) {
	d := newDouble(t)
	g := d.open(trident.Kind, nil)
	d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents"}`)
	d.on("GET /signer_processes/sp1/documents", 200, `{"documents":[{"id":"d1","result":{"status":"finished"}}`+strings.Repeat(`,{"id":"x"}`, 5000)+`]}`)
	_, err := g.Ask(t.Context(), visit("d1"))
	if faultOf(err) != gateway.BadAnswer || !strings.Contains(err.Error(), "it lists more documents than were sent (listed: 5001, sent: 1)") {
		t.Errorf("error: %v", err)
	}
}
