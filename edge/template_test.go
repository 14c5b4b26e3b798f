package edge_test

import (
	"path/filepath"
	"testing"

	"pitlane/edge"
	"pitlane/edge/shop"
)

func TestTheTemplateIsAConfiguration(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{shop.RoleBay, shop.RoleReception} {
		added, err := shop.Add(root, role+"-1", role, edge.Template())
		if err != nil {
			t.Fatal(err)
		}
		c, err := edge.ReadConfig(filepath.Join(added.Dir, "edge.toml"))
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		if c.Node != added.Node || c.Role != role || c.Data != added.Dir {
			t.Errorf("%s: got node %q, role %q, data %q", role, c.Node, c.Role, c.Data)
		}
	}
}
