package board

import (
	"maps"
	"slices"
	"strings"

	"pitlane/edge/job"
)

// desk is the advisor's screen (requirements section 4, column SA): every job in
// full, the bays, the key cabinet and the nodes.
func (b *Board) desk() DeskView {
	v := DeskView{
		Shop: b.cfg.Shop, Node: b.cfg.Node, Jobs: []DeskJob{}, Bays: b.bays(), Cabinet: b.cabinet(),
		Alarms: b.deskAlarms(), Nodes: b.nodes(), Calls: nonNil(b.moment.calls), People: nonNil(b.cfg.People), Faults: nonNil(b.moment.faults),
	}
	for _, s := range b.sorted() {
		v.Jobs = append(v.Jobs, b.deskJob(s))
	}
	return v
}

func (b *Board) deskJob(s job.State) DeskJob {
	bill := job.Bill(s) // what was offered and not signed for, or declined, is nobody's approved line (K-093)
	j := DeskJob{
		ID: s.ID, Tips: nonNil(s.Tips), Node: nodeOf(s.NewestOrigin), Ticket: s.Ticket, Plate: s.Plate,
		Name: s.Name, Phone: s.Phone, VIN: s.VIN, Lang: s.Lang, Purpose: s.Purpose, Urgency: s.Urgency,
		Owner: s.Owner, Assistance: s.Assistance, Phase: s.Phase, Word: s.Phase.Word(), Complaint: s.Complaint,
		Marks: nonNil(s.Marks), Belongings: nonNil(s.Belongings), Lines: bill.Lines, Total: bill.Total,
		Opened: at(s.OpenedMS), Promised: promise(s.Promised), Bay: s.Bay, Lead: s.Lead,
		Extras: []DeskExtra{}, Scans: b.summaries(s), KeyIn: s.Key.In, Key: b.deskKey(s), SignedBack: s.SignedFor, Next: job.Next(s),
		Conflicts: nonNil(s.Conflicts), Uncertain: s.Uncertain,
		Wrong: wrongCar(s), Compare: brief(b.Compare(s)), Timers: deskTimers(s), Seals: s.Sealing.Seals, Erased: erasedOf(s),
	}
	if s.Key.In {
		j.Slot = s.Key.Slot
	}
	for _, x := range s.Extras {
		j.Extras = append(j.Extras, DeskExtra{
			ID: x.ID, Text: x.Text, Safety: x.Safety, State: x.State, Price: x.Price,
			Promised: promise(x.Promised), By: x.By, Told: x.Told,
		})
	}
	return j
}

// bays are the bays of the shop with what stands in each.
func (b *Board) bays() []DeskBay {
	list := []DeskBay{}
	for _, node := range slices.Sorted(maps.Keys(b.moment.bays)) {
		bay := DeskBay{Bay: b.moment.bays[node], Node: node}
		if bay.Bay == "" {
			continue
		}
		if cars := b.carsOf(bay.Bay); len(cars) > 0 && cars[0].Received {
			bay.Ticket = cars[0].Ticket
		}
		list = append(list, bay)
	}
	return list
}

// cabinet is the cabinet as it was last told, each slot with the ticket of the job
// whose key hangs there as far as anyone saw.
func (b *Board) cabinet() DeskCabinet {
	tickets := map[int]string{}
	for _, s := range b.sorted() {
		if s.Key.In && s.Key.Slot > 0 {
			tickets[s.Key.Slot] = s.Ticket
		}
	}
	c := b.moment.cabinet
	c.Rows, c.Columns = b.cfg.Rows, b.cfg.Columns
	c.Slots = slices.Clone(nonNil(c.Slots))
	for i := range c.Slots {
		if t := tickets[c.Slots[i].Slot]; t != "" {
			c.Slots[i].Ticket = t
		}
	}
	return c
}

func (b *Board) nodes() []DeskNode {
	list := []DeskNode{}
	for _, n := range b.roster() {
		list = append(list, DeskNode{
			Node: n.Node, Role: n.Role, Backlog: b.moment.backlog[n.Node],
			Online: n.Node == b.cfg.Node || b.moment.online[n.Node],
		})
	}
	slices.SortFunc(list, func(x, y DeskNode) int { return strings.Compare(x.Node, y.Node) })
	return list
}

// roster is the nodes of the shop, this one among them even before it is on the list.
func (b *Board) roster() []Node {
	self := func(n Node) bool { return n.Node == b.cfg.Node }
	if slices.ContainsFunc(b.cfg.Nodes, self) {
		return b.cfg.Nodes
	}
	return append(slices.Clone(b.cfg.Nodes), Node{Node: b.cfg.Node, Role: b.cfg.Role, Bay: b.cfg.Bay})
}
