package web_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"pitlane/edge/web"
)

type document struct {
	OpenAPI    string                               `json:"openapi"`
	Paths      map[string]map[string]map[string]any `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

func TestDocumentAndMuxAreOneTable(t *testing.T) {
	t.Parallel()
	h := guardedAPI(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "/api/openapi.json", ""))
	var doc document
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("got version %q, want 3.1.0", doc.OpenAPI)
	}
	want := map[string]string{
		"/healthz": "get", "/readyz": "get", "/metrics": "get", "/api/openapi.json": "get",
		"/api/v1/echo": "post", "/api/v1/things/{id}": "get",
	}
	if len(doc.Paths) != len(want) {
		t.Errorf("got %d paths, want %d", len(doc.Paths), len(want))
	}
	for path, method := range want {
		if doc.Paths[path][method] == nil {
			t.Errorf("%s %s is not in the document", method, path)
		}
	}
	in := doc.Components.Schemas["web_test.echoIn"]
	props, _ := in["properties"].(map[string]any)
	word, _ := props["word"].(map[string]any)
	if word["maxLength"] != 5.0 || in["additionalProperties"] != false {
		t.Errorf("the rules are not in the document: %v", in)
	}
}

func TestTwoActionsInOnePlaceAreRefused(t *testing.T) {
	t.Parallel()
	a := web.NewQuery("/x", "x", func(context.Context, func(string) string) (echoOut, error) { return echoOut{}, nil })
	if _, err := web.NewAPI("test", a, a); err == nil {
		t.Error("two actions in one place were taken")
	}
}
