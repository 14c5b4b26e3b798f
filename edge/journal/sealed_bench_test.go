package journal_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// BenchmarkSealing is what sealing costs an append: one writer, and 64, with and
// without keys, in one run.
func BenchmarkSealing(b *testing.B) {
	for name, sealed := range map[string]bool{"clear": false, "sealed": true} {
		for writers, par := range map[string]int{"one": 1, "64": 64} {
			b.Run(writers+"/"+name, func(b *testing.B) {
				shop := newTestShop("demo-bay-1")
				dir := filepath.Join(b.TempDir(), "n")
				o := shop.options(dir, "demo-bay-1")
				o.SelfCheck = false
				if sealed {
					o.Keys = shop.vault(b, dir, "demo-bay-1")
				}
				j := shop.open(b, o)
				var n atomic.Int64
				b.SetParallelism(par)
				b.ResetTimer()
				if par == 1 {
					for i := range b.N {
						appendOne(b, j, pause(i))
					}
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := j.Append(context.Background(), pause(int(n.Add(1)))); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
