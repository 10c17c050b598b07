package policies

// kind is what a value of the case document or of an expression is.
type kind uint8

const (
	kindBool kind = iota + 1
	kindInt
	kindCode   // a code of one of the pack's lists
	kindID     // a worker's or a provider's code
	kindPlace  // a place's code
	kindText   // free text: a rule may ask only whether it is known and empty
	kindDate   // a day, or "" for known to be none
	kindTime   // an instant, or "" for known to be none
	kindString // a literal in an expression, before it meets a code
	kindPath   // a path of the document itself
	kindRecord
	kindList
)

var kindNames = map[kind]string{
	kindBool: "true or false", kindInt: "a whole number", kindCode: "a code", kindID: "an id", kindPlace: "a place code",
	kindText: "a text", kindDate: "a date", kindTime: "an instant", kindString: "a string", kindPath: "a path", kindRecord: "an object", kindList: "a list",
}

func (k kind) String() string { return kindNames[k] }

// shape is the type of a value: of a part of the case document, or of an
// expression over it.
type shape struct {
	kind   kind
	list   string // of a code: the pack's list
	none   bool   // "" is allowed: known to be none
	least  int64  // of a number
	most   int64
	fields []field
	slots  map[string]int
	width  int32  // of a record: its cells
	elem   *shape // of a list
}

type field struct {
	name  string
	shape *shape
	must  bool  // a document without it is no case document
	at    int32 // its first cell, counted from the record's
}

const (
	monthsMost = 1440
	countMost  = 1_000_000
	// listMost bounds the entries of any list of a document.
	listMost = 500
)

var (
	isBool   = &shape{kind: kindBool}
	isInt    = &shape{kind: kindInt}
	isText   = &shape{kind: kindText, none: true}
	isString = &shape{kind: kindString}
	isID     = &shape{kind: kindID, none: true}
	isPlace  = &shape{kind: kindPlace, none: true}
	isDate   = &shape{kind: kindDate, none: true}
	isTime   = &shape{kind: kindTime, none: true}
	months   = &shape{kind: kindInt, most: monthsMost}
	count    = &shape{kind: kindInt, most: countMost}
)

func code(list string) *shape   { return &shape{kind: kindCode, list: list} }
func orNone(list string) *shape { return &shape{kind: kindCode, list: list, none: true} }
func listOf(elem *shape) *shape { return &shape{kind: kindList, elem: elem} }

// record lays its fields out one after the other, behind a cell that says
// whether the record is there.
func record(fields ...field) *shape {
	s := &shape{kind: kindRecord, fields: fields, slots: map[string]int{}, width: 1}
	for i, f := range fields {
		s.slots[f.name] = i
		s.fields[i].at = s.width
		s.width += f.shape.cells()
	}
	return s
}

// cells is how many a value takes in the record around it; the entries of a
// list stand elsewhere.
func (s *shape) cells() int32 {
	switch s.kind {
	case kindRecord:
		return s.width
	case kindList:
		return listCells
	}
	return 1
}

func opt(name string, s *shape) field  { return field{name: name, shape: s} }
func must(name string, s *shape) field { return field{name: name, shape: s, must: true} }

// The pack's lists that the document's codes come from.
const (
	listCare         = "care_types"
	listReasons      = "reasons"
	listDecisions    = "decisions"
	listRelations    = "relations"
	listDomains      = "functioning_domains"
	listDifficulties = "functioning_answers"
)

// caseShape is the case document: every key that there is, in the order of its
// one written form.
var caseShape = record(
	must("pack", isID),
	must("at", &shape{kind: kindTime}),
	must("decision", code(listDecisions)),
	opt("home", &shape{kind: kindPlace}),
	opt("child", childShape),
	opt("reasons", listOf(code(listReasons))),
	opt("neglect", record(opt("with_means", isBool), opt("help_would_end_it", isBool))),
	opt("harm_by", code("harm_sources")),
	opt("danger", record(opt("imminent", isBool), opt("ground", orNone(listReasons)))),
	opt("caregivers", listOf(record(
		opt("relation", code(listRelations)), opt("status", code("carer_statuses")), opt("consent", code("consents")),
		opt("consulted", isBool), opt("expected_back", isDate)))),
	opt("court_order", isText),
	opt("tracing", record(opt("started", isBool), opt("exhausted", isBool))),
	opt("assessment", record(opt("complete", isBool), opt("at", isTime), opt("by", isID))),
	opt("support", listOf(record(
		opt("type", code("support_types")), opt("from", isDate), opt("to", isDate), opt("result", code("support_results"))))),
	opt("kin_search", listOf(record(
		opt("relation", code(listRelations)), opt("outcome", code("kin_outcomes")), opt("place", isPlace), opt("visited_at", isTime),
		opt("same_household", isBool), opt("child_agrees", isBool)))),
	opt("siblings", listOf(record(opt("age_months", months), opt("placed_together", isBool)))),
	opt("sibling_separation_reason", isText),
	opt("request", requestShape),
	opt("provider", placeShape()),
	opt("from", placeShape()),
	opt("history", record(
		opt("moves_12_months", count), opt("current_care", orNone(listCare)), opt("days_since_review", count),
		opt("decision_on_file", isBool), opt("provisional_since", isTime))),
	opt("panel", record(opt("members", listOf(record(
		opt("id", isID), opt("discipline", code("disciplines")), opt("present", isBool), opt("recused", isBool),
		opt("interest", isText), opt("vote", code("votes"))))))),
	opt("referral", record(opt("source", code("referral_sources")), opt("similar_open", count))),
	opt("unknowable", listOf(record(
		must("path", &shape{kind: kindPath}), opt("why", isText), opt("by", isID), opt("at", isTime)))),
)

var childShape = record(
	opt("age_months", months), opt("age_months_min", months), opt("age_months_max", months), opt("age_estimated", isBool),
	opt("sex", code("sexes")),
	opt("functioning", record(
		opt("seeing", code(listDifficulties)), opt("hearing", code(listDifficulties)),
		opt("walking", code(listDifficulties)), opt("communicating", code(listDifficulties)))),
	opt("views", record(
		opt("heard", isBool), opt("method", code("view_methods")), opt("at", isTime), opt("alone", isBool), opt("why_not_heard", isText))),
	opt("religion", orNone("religions")), opt("separated", code("separations")), opt("justice", code("justice_statuses")),
)

var requestShape = record(
	opt("care", code(listCare)), opt("provider", isID), opt("starts", isDate), opt("planned_end", isDate),
	opt("alternatives_ruled_out", listOf(record(opt("care", code(listCare)), opt("why", isText)))), opt("why_this_care", isText),
	opt("exception", orNone("exceptions")), opt("emergency", isBool), opt("authorised_by", isID),
	opt("plan", record(opt("goals", listOf(isText)), opt("permanency_goal", orNone(listCare)))),
	opt("contact_plan", isText), opt("preparation_done", isBool),
	opt("legal_custodian", orNone("custodians")), opt("aftercare_plan", isText),
	opt("abroad", isBool), opt("escort", orNone("escorts")), opt("return_plan", isText),
)

func placeShape() *shape {
	return record(
		opt("kind", code("provider_kinds")), opt("licence", code("licences")), opt("accredited_until", isDate),
		opt("capacity", count), opt("occupied", count), opt("includes_child", isBool),
		opt("open_allegation", isBool), opt("solicits_children", isBool), opt("paid_per_child", isBool),
		opt("overdue_reviews", count), opt("place", isPlace),
	)
}

// officesOwn are the parts of a document that nobody may call unknowable: they
// are the offices' own facts.
var officesOwn = []string{"pack", "at", "decision", "request", "provider", "from", "panel", "referral", "danger", "court_order", "unknowable"}
