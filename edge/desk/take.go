package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"pitlane/edge/job"
	"pitlane/edge/receipt"
	"pitlane/edge/web"
)

// ReceiptCode is how a customer takes his receipt with a phone.
type ReceiptCode struct {
	Address string `json:"address" doc:"where the file is"`
	QR      string `json:"qr_svg"`
	Local   bool   `json:"local,omitempty" doc:"the address is this computer's own: a phone cannot reach it"`
}

// ReceiptOut is the receipt of a sealed visit as the desk shows it.
type ReceiptOut struct {
	ReceiptCode
	Path   string   `json:"path" doc:"of the file, on this edge"`
	Verify string   `json:"verify" doc:"address of the page that checks it"`
	Kind   string   `json:"kind" doc:"job.sealed, job.amended"`
	Key    string   `json:"key" doc:"the shop's verifier key, to be compared with what the checking page shows"`
	Seen   []string `json:"seen" doc:"the nodes that have cosigned the log with this seal in it"`
	Bytes  int      `json:"bytes"`
}

// receiptQuery is a read: the receipt is made anew each time, and nothing kept.
func (d *Desk) receiptQuery() web.Action {
	return web.NewQuery("/api/v1/desk/receipt", "the receipt of a sealed visit: its address as a QR code, the shop's key, who has cosigned",
		func(ctx context.Context, arg func(string) string) (ReceiptOut, error) {
			return d.takeReceipt(ctx, arg("job"))
		},
		web.Param{Name: "job", Doc: "the job's id"})
}

func (d *Desk) takeReceipt(ctx context.Context, id string) (ReceiptOut, error) {
	if d.cfg.Receipt == nil {
		return ReceiptOut{}, web.Fail(http.StatusServiceUnavailable, "no_receipts", "this edge gives out no receipts", "ask at the edge that closed the visit")
	}
	file, err := d.cfg.Receipt(ctx, id)
	switch {
	case errors.Is(err, receipt.ErrNotSealed):
		return ReceiptOut{}, web.Fail(http.StatusConflict, "not_sealed", receipt.ErrNotSealed.Error(), "hand the car back first")
	case errors.Is(err, receipt.ErrClosed):
		return ReceiptOut{}, web.Fail(http.StatusGone, "erased", receipt.ErrClosed.Error(), "the customer keeps the receipt that was taken; nothing else is left to give out")
	case errors.Is(err, receipt.ErrNoJob):
		return ReceiptOut{}, reject(job.Unknown)
	case err != nil:
		return ReceiptOut{}, refuse(err)
	}
	p, err := receipt.Verify(file, nil)
	if err != nil {
		return ReceiptOut{}, refuse(err)
	}
	code := d.receiptCode(ctx, id)
	if code == nil {
		return ReceiptOut{}, web.Fail(http.StatusServiceUnavailable, "no_address", "this edge does not know by which address it is reached", "set public in [http]")
	}
	out := ReceiptOut{ReceiptCode: *code, Path: d.receiptPath(id), Verify: d.base(ctx) + "/verify",
		Kind: p.Entry.Kind, Key: p.Key, Seen: []string{}, Bytes: len(file)}
	for _, w := range p.Witness {
		out.Seen = append(out.Seen, w.Name)
	}
	return out, nil
}

func (d *Desk) receiptPath(id string) string { return "/receipt/" + d.ReceiptToken(id) }

// base is the address by which this edge is told to others.
func (d *Desk) base(ctx context.Context) string { return cmp.Or(d.cfg.Public, web.AskedAt(ctx)) }

// receiptCode is the address of a visit's receipt, drawn; nil where no receipts are
// given out or no address is known. The address answers once the visit is sealed.
func (d *Desk) receiptCode(ctx context.Context, id string) *ReceiptCode {
	base := d.base(ctx)
	if d.cfg.Receipt == nil || base == "" {
		return nil
	}
	address := base + d.receiptPath(id)
	svg, err := qrSVG(address)
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "no QR code of a receipt drawn", "error", err)
		return nil
	}
	return &ReceiptCode{Address: address, QR: svg, Local: onlyHere(base)}
}

// onlyHere: an address that means "this computer" on every computer.
func onlyHere(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return true
	}
	if u.Hostname() == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && (a.IsLoopback() || a.IsUnspecified())
}
