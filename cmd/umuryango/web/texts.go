package web

import (
	"net/http"
	"slices"
)

// langDefault is the language of programs; a page asks for its own with ?lang=.
const langDefault = "en"

// langs are the languages of the pages, with their own names.
var langs = []struct{ Code, Name string }{{"rw", "Kinyarwanda"}, {"en", "English"}, {"fr", "Français"}}

// texts are the words of the pages: English, French, Kinyarwanda. What stands
// in Kinyarwanda has not been read by a native speaker yet.
var texts = map[string][3]string{
	"inbox":       {"Inbox", "À traiter", "Ibitegereje"},
	"nothing":     {"Nothing waits here.", "Rien n'attend ici.", "Nta kintu gitegereje hano."},
	"what":        {"What", "Quoi", "Icyo gukora"},
	"case":        {"Case", "Dossier", "Dosiye"},
	"since":       {"Since", "Depuis", "Kuva"},
	"due":         {"Due", "Échéance", "Itariki ntarengwa"},
	"late":        {"late", "en retard", "yatinze"},
	"lateact":     {"late act: kept, without effect", "acte tardif : conservé, sans effet", "igikorwa cyatinze: kibitswe, nta gaciro kigira"},
	"escalated":   {"escalated", "remonté", "byazamuwe"},
	"with":        {"With", "Chez", "Kwa"},
	"answers":     {"Answers to the person who referred", "Réponses à la personne qui a signalé", "Ibisubizo by'uwatanze amakuru"},
	"answer":      {"Answer", "Réponse", "Igisubizo"},
	"waiting":     {"waiting for an answer", "en attente de réponse", "gitegereje igisubizo"},
	"replaces":    {"replaces an earlier answer", "remplace une réponse antérieure", "gisimbura igisubizo cya mbere"},
	"cases":       {"Cases", "Dossiers", "Amadosiye"},
	"home":        {"Usual home", "Domicile habituel", "Aho asanzwe aba"},
	"responsible": {"Answers for the child", "Répond de l'enfant", "Ushinzwe umwana"},
	"notyet":      {"not yet received", "pas encore reçu", "ntibirakirwa"},
	"onlyhere":    {"kept only here", "conservé ici seulement", "bibitswe hano gusa"},
	"trail":       {"Trail", "Parcours", "Inzira"},
	"when":        {"When", "Quand", "Igihe"},
	"office":      {"Office", "Bureau", "Ibiro"},
	"act":         {"Act", "Acte", "Igikorwa"},
	"reason":      {"Reason", "Motif", "Impamvu"},
	"check":       {"Policy check", "Contrôle de la politique", "Igenzura rya politiki"},
	"missing":     {"Still to be known", "Reste à savoir", "Ibikenewe kumenywa"},
	"links":       {"Links", "Liaisons", "Imiyoboro"},
	"up":          {"linked", "relié", "birahuye"},
	"down":        {"not linked", "non relié", "ntibihuye"},
	"heard":       {"last heard", "entendu pour la dernière fois", "byumvikanye bwa nyuma"},
	"behind":      {"not passed on yet", "pas encore transmis", "ntibiroherezwa"},
	"notenrolled": {"This node is not enrolled yet: it keeps what is written here and sends it later.", "Ce nœud n'est pas encore inscrit : il garde ce qui est écrit ici et l'enverra plus tard.", "Iyi seriveri ntirandikwa: ibika ibyanditswe ikazabyohereza nyuma."},
	"rotating":    {"This node has other keys, which the node above has not enrolled yet: what is written here waits.", "Ce nœud a de nouvelles clés, que le nœud supérieur n'a pas encore inscrites : ce qui est écrit ici attend.", "Iyi seriveri ifite imfunguzo nshya zitarandikwa n'iyo hejuru: ibyanditswe biracyategereje."},
	"nodesbelow":  {"Nodes below", "Nœuds subordonnés", "Seriveri zo hasi"},
	"nonodes":     {"No office below has a node of its own.", "Aucun bureau subordonné n'a son propre nœud.", "Nta biro byo hasi bifite seriveri yabyo."},
	"standing":    {"Standing", "État", "Uko ihagaze"},
	"suspend":     {"Suspend", "Suspendre", "Hagarika by'agateganyo"},
	"resume":      {"Resume", "Rétablir", "Subukura"},
	"revoke":      {"Revoke: its keys count no more", "Révoquer : ses clés ne comptent plus", "Kwambura: imfunguzo zayo ntizikibarwa"},
	"invite":      {"Invite a node", "Inviter un nœud", "Tumira seriveri"},
	"invitehelp":  {"The code is good for one machine. Print it and carry it by hand.", "Le code vaut pour une seule machine. Imprimez-le et remettez-le en main propre.", "Kode ikoreshwa kuri mashini imwe gusa. Yisohore ku rupapuro uyitange mu ntoki."},
	"reachedat":   {"Where the new node reaches this one, if not where it listens", "Où le nouveau nœud atteint celui-ci, si différent", "Aho seriveri nshya izasanga iyi"},
	"rotate":      {"Other keys for this node", "Changer les clés de ce nœud", "Hindura imfunguzo z'iyi seriveri"},
	"rotatehelp":  {"What was written stays signed by the old keys. The node above is asked over the link.", "Ce qui est écrit reste signé par les anciennes clés. Le nœud supérieur est sollicité par la liaison.", "Ibyanditswe bigumana umukono w'imfunguzo za kera. Seriveri yo hejuru ibazwa binyuze ku muyoboro."},
	"invitation":  {"Invitation", "Invitation", "Ubutumire"},
	"invitedby":   {"Invited by", "Invité par", "Yatumiwe na"},
	"gooduntil":   {"good until", "valable jusqu'au", "irakoreshwa kugeza"},
	"joinwith":    {"On the new machine:", "Sur la nouvelle machine :", "Kuri mashini nshya:"},
	"keepslip":    {"Whoever holds this slip can become the node of this office: give it by hand, and destroy it when it was used.", "Quiconque détient ce billet peut devenir le nœud de ce bureau : remettez-le en main propre et détruisez-le après usage.", "Ufite uru rupapuro ashobora kuba seriveri y'ibi biro: rutange mu ntoki, uruce rumaze gukoreshwa."},

	"self.suspended": {"This node is suspended: you may raise a referral and tell what happened, which waits here until it is resumed. Everything else is done at the office above.", "Ce nœud est suspendu : vous pouvez signaler et raconter ce qui s'est passé ; cela attend ici. Tout le reste se fait au bureau supérieur.", "Iyi seriveri irahagaritswe: ushobora gutanga amakuru no kuvuga ibyabaye, bigategereza hano. Ibindi byose bikorerwa ku biro byo hejuru."},
	"self.revoked":   {"The keys of this node were revoked: ask the office above for an invitation.", "Les clés de ce nœud ont été révoquées : demandez une invitation au bureau supérieur.", "Imfunguzo z'iyi seriveri zambuwe: saba ubutumire ibiro byo hejuru."},
	"self.recalled":  {"This office is hosted by the node above again: act there.", "Ce bureau est de nouveau hébergé par le nœud supérieur : agissez là-bas.", "Ibi biro byongeye gucungwa na seriveri yo hejuru: korera hariya."},

	"standing.active":    {"active", "actif", "irakora"},
	"standing.recalled":  {"hosted above again", "hébergé au-dessus", "icungwa n'iyo hejuru"},
	"standing.suspended": {"suspended", "suspendu", "yahagaritswe"},
	"standing.revoked":   {"revoked", "révoqué", "yambuwe"},

	"stand.lost":       {"lost", "perdu", "yatakaye"},
	"stand.stolen":     {"stolen", "volé", "yibwe"},
	"stand.misused":    {"misused", "mal utilisé", "yakoreshejwe nabi"},
	"stand.unheard":    {"not heard from", "sans nouvelles", "ntiyumvikana"},
	"stand.staff_left": {"its staff has left", "le personnel est parti", "abakozi baragiye"},
	"stand.inquiry":    {"under inquiry", "enquête en cours", "hari iperereza"},
	"stand.broken":     {"broken", "en panne", "yarapfuye"},

	"locked":        {"This node is locked: it passes on what others write, signs nothing and opens nothing.", "Ce nœud est verrouillé : il transmet ce que d'autres écrivent, ne signe rien et n'ouvre rien.", "Iyi seriveri irafunze: ihererekanya ibyo abandi banditse, ntisinya kandi ntifungura ikintu na kimwe."},
	"unlock":        {"Unlock", "Déverrouiller", "Fungura"},
	"lock":          {"Lock", "Verrouiller", "Funga"},
	"passphrase":    {"Passphrase of this node", "Phrase secrète de ce nœud", "Ijambo ry'ibanga ry'iyi seriveri"},
	"raise":         {"Raise a referral", "Signaler un enfant", "Tanga amakuru ku mwana"},
	"actor":         {"Your worker's code", "Votre code d'agent", "Kode yawe y'umukozi"},
	"to":            {"To", "À", "Kuri"},
	"source":        {"Who referred", "Qui a signalé", "Uwatanze amakuru"},
	"age":           {"Age in months", "Âge en mois", "Imyaka mu mezi"},
	"send":          {"Send", "Envoyer", "Ohereza"},
	"accept":        {"Accept", "Accepter", "Akira"},
	"forward":       {"Forward", "Transmettre", "Ohereza hejuru"},
	"send-back":     {"Send back", "Renvoyer", "Subiza"},
	"unchecked":     {"", "Ces textes n'ont pas encore été relus par une personne dont c'est la langue.", "Aya magambo ntarasomwa n'umuntu uvuga uru rurimi kuva mu bwana."},
	"times":         {"Times are local (UTC+2).", "Heures locales (UTC+2).", "Amasaha ni ayo mu Rwanda (UTC+2)."},
	"actsonlyhere":  {"acts are kept only here until the link has passed them on", "actes conservés ici seulement, jusqu'à leur transmission", "ibikorwa bibitswe hano gusa kugeza byoherejwe"},
	"uncovered":     {"told since, not covered by the decision", "signalé depuis, non couvert par la décision", "byavuzwe nyuma, ntibiri mu cyemezo"},
	"answerindoubt": {"in doubt: given by an act without effect", "en doute : donnée par un acte sans effet", "irashidikanywaho: yatanzwe n'igikorwa kitagira agaciro"},
	"noanswers":     {"No referral was raised here.", "Aucun signalement n'a été fait ici.", "Nta makuru yatangiwe hano."},
	"nocases":       {"No case here.", "Aucun dossier ici.", "Nta dosiye iri hano."},
	"nolinks":       {"This node has no links.", "Ce nœud n'a aucune liaison.", "Iyi seriveri nta miyoboro ifite."},
	"otheroffice":   {"Another office: its id, path or name", "Un autre bureau : identifiant, chemin ou nom", "Ibindi biro: nomero, inzira cyangwa izina"},
	"show":          {"Show", "Afficher", "Erekana"},
	"notaccepted":   {"not accepted yet", "pas encore accepté", "ntirakirwa"},
	"senton":        {"sent on to", "transmis à", "byoherejwe kuri"},
	"notopened":     {"The beginning of this case has not arrived here yet.", "Le début de ce dossier n'est pas encore arrivé ici.", "Intangiriro y'iyi dosiye ntiragera hano."},
	"panel":         {"Panel", "Commission", "Akanama"},
	"absent":        {"absent", "absent", "ntiyari ahari"},
	"recused":       {"stepped aside", "s'est retiré", "yivanyemo"},
	"look":          {"Show names", "Afficher les noms", "Erekana amazina"},
	"record":        {"Record", "Fiche", "Umwirondoro"},
	"name":          {"Name", "Nom", "Izina"},
	"alsoknown":     {"Also known as", "Aussi appelé", "Andi mazina"},
	"born":          {"Born", "Né(e) le", "Yavutse"},
	"address":       {"Address", "Adresse", "Aho atuye"},
	"contact":       {"Contact", "Contact", "Uko yaboneka"},
	"note":          {"In your words", "Avec vos mots", "Mu magambo yawe"},
	"adult":         {"An adult: name", "Un adulte : nom", "Umuntu mukuru: izina"},
	"role":          {"An adult: who", "Un adulte : qui", "Umuntu mukuru: uwo ari we"},
	"reporter":      {"The person who reported", "La personne qui a signalé", "Uwatanze amakuru"},
	"relation":      {"Relation to the child", "Lien avec l'enfant", "Icyo apfana n'umwana"},
	"years":         {"years", "ans", "imyaka"},
	"whoreads":      {"Who reads this record", "Qui lit cette fiche", "Abasoma uyu mwirondoro"},
	"kept":          {"This case is kept from:", "Ce dossier est caché à :", "Iyi dosiye ihishwe:"},
	"keepfrom":      {"Keep from", "Cacher à", "Guhisha"},
	"keepperson":    {"only from one person there: their code", "seulement à une personne : son code", "umuntu umwe gusa: kode ye"},
	"nobody":        {"nobody", "personne", "nta n'umwe"},
	"restrict":      {"Keep from others", "Restreindre", "Hisha"},
	"open":          {"Open for some hours", "Ouvrir pour quelques heures", "Fungura amasaha make"},
	"erase":         {"Erase", "Effacer", "Siba"},
	"ground":        {"Legal ground", "Fondement légal", "Impamvu y'amategeko"},
	"document":      {"Number of the order or request", "Numéro de la décision ou demande", "Nomero y'icyemezo cyangwa ubusabe"},
	"reads":         {"Opened pages", "Pages ouvertes", "Impapuro zafunguwe"},
	"noreads":       {"No page with a name was opened here.", "Aucune page avec un nom n'a été ouverte ici.", "Nta rupapuro ruriho izina rwafunguwe hano."},
	"who":           {"Who", "Qui", "Nde"},
	"page":          {"Page", "Page", "Urupapuro"},
	"earlier":       {"the cases before", "dossiers précédents", "amadosiye abanza"},
	"further":       {"more cases", "dossiers suivants", "andi madosiye"},

	"sealed.none":       {"no name was told", "aucun nom indiqué", "nta zina ryatanzwe"},
	"sealed.actor":      {"give your worker's code to read this", "indiquez votre code d'agent pour lire ceci", "andika kode yawe usome ibi"},
	"sealed.no_key":     {"not readable here yet", "pas encore lisible ici", "ntibirasomeka hano"},
	"sealed.no_right":   {"not readable here: it is for those who answer for the child", "non lisible ici : réservé à ceux qui répondent de l'enfant", "ntibisomeka hano: ni iby'abashinzwe umwana"},
	"unnamed.no_right":  {"name not readable here: it is for those who answer for the child", "nom non lisible ici : réservé à ceux qui répondent de l'enfant", "izina ntirisomeka hano: ni iry'abashinzwe umwana"},
	"unnamed.no_key":    {"name not readable here yet", "nom pas encore lisible ici", "izina ntirirasomeka hano"},
	"sealed.erased":     {"erased", "effacé", "byasibwe"},
	"sealed.locked":     {"this node is locked", "ce nœud est verrouillé", "iyi seriveri irafunze"},
	"sealed.not_linked": {"not readable before this node has linked up", "illisible avant la liaison de ce nœud", "ntibisomeka seriveri itarahuzwa"},
	"sealed.tampered":   {"this is not what was sealed", "ce n'est pas ce qui fut scellé", "si byo byari byafunzwe"},
	"sealed.open":       {"readable", "lisible", "birasomeka"},

	"class.identity":  {"who the child is", "identité", "umwirondoro"},
	"class.narrative": {"what was told in words", "récit", "ibyavuzwe mu magambo"},
	"class.facts":     {"what was found out", "constats", "ibyagaragaye"},
	"class.adult":     {"adults", "adultes", "abantu bakuru"},

	"page.list":       {"list with names", "liste avec noms", "urutonde ruriho amazina"},
	"page.case":       {"case", "dossier", "dosiye"},
	"page.act":        {"act", "acte", "igikorwa"},
	"page.reporter":   {"the person who reported", "la personne qui a signalé", "uwatanze amakuru"},
	"page.unreadable": {"a record that cannot be read", "une entrée illisible", "inyandiko idashobora gusomwa"},
	"page.file":       {"the whole file, given to the person", "dossier entier, remis à la personne", "dosiye yose, yahawe nyirayo"},

	"file.yours":   {"Your file", "Votre dossier", "Dosiye yawe"},
	"file.given":   {"given on", "remis le", "yatanzwe ku wa"},
	"file.who":     {"Who you are", "Qui vous êtes", "Uwo uri we"},
	"file.done":    {"What was done", "Ce qui a été fait", "Ibyakozwe"},
	"file.why":     {"Why, and what was written", "Pourquoi, et ce qui a été écrit", "Impamvu n'ibyanditswe"},
	"file.taken":   {"Policy check on what was taken", "Contrôle de la politique sur ce qui a été retenu", "Igenzura rya politiki ku byafashwe"},
	"file.answers": {"Answers", "Réponses", "Ibisubizo"},

	"level.national": {"nation", "nation", "igihugu"},
	"level.district": {"district", "district", "akarere"},
	"level.sector":   {"sector", "secteur", "umurenge"},
	"level.cell":     {"cell", "cellule", "akagari"},
	"level.village":  {"village", "village", "umudugudu"},
	"level.court":    {"court", "tribunal", "urukiko"},

	"what.accept":       {"Accept or send back", "Accepter ou renvoyer", "Akira cyangwa usubize"},
	"what.assess":       {"Assess", "Évaluer", "Suzuma"},
	"what.propose":      {"Propose", "Proposer", "Tanga igitekerezo"},
	"what.decide":       {"Decide", "Décider", "Fata icyemezo"},
	"what.sent_back":    {"Sent back: mend and send again", "Renvoyé : corriger et renvoyer", "Byasubijwe: bikosore wongere wohereze"},
	"what.reconcile":    {"Late act: look at it", "Acte tardif : à examiner", "Igikorwa cyatinze: kirebe"},
	"what.contribution": {"Told since the decision", "Signalé depuis la décision", "Byavuzwe nyuma y'icyemezo"},
	"what.opened":       {"Opened from outside its path", "Ouvert hors de son parcours", "Byafunguwe n'utari mu nzira yayo"},
	"what.newer":        {"Written by a newer program: update", "Programme plus récent : mettre à jour", "Byanditswe na porogaramu nshya: vugurura"},

	"outcome.no_objection":     {"no objection", "pas d'objection", "nta nzitizi"},
	"outcome.provisional":      {"provisional", "provisoire", "by'agateganyo"},
	"outcome.divert":           {"divert", "réorienter", "guhindura icyerekezo"},
	"outcome.escalate":         {"for the level above", "à décider au niveau supérieur", "bireba urwego rwo hejuru"},
	"outcome.need_information": {"information required", "informations requises", "hakenewe amakuru"},
	"outcome.blocked":          {"blocked", "bloqué", "birabujijwe"},
	"outcome.void":             {"the sitting does not count", "la séance ne compte pas", "inama ntifite agaciro"},
	"outcome.without_decision": {"admission without decision", "admission sans décision", "umwana yakiriwe nta cyemezo"},
	"outcome.out_of_scope":     {"out of scope", "hors champ", "ntibireba iyi politiki"},

	"problem.input":       {"This cannot be read", "Ceci ne peut pas être lu", "Ibi ntibisomeka"},
	"problem.too-large":   {"Too large", "Trop grand", "Birenze ingano"},
	"problem.not-found":   {"Not found here", "Introuvable ici", "Ntibibonetse hano"},
	"problem.no-route":    {"No such page", "Page inexistante", "Uru rupapuro ntirubaho"},
	"problem.method":      {"Not in this way", "Pas de cette manière", "Si muri ubu buryo"},
	"problem.refused":     {"Not allowed now", "Pas permis maintenant", "Ntibyemewe ubu"},
	"problem.repeated":    {"This form was sent before", "Ce formulaire a déjà été envoyé", "Iyi fomu yaroherejwe"},
	"problem.race":        {"Somebody else was first", "Quelqu'un d'autre a été plus rapide", "Hari uwabanje"},
	"problem.unsettled":   {"It is not known whether it was stored: send it again", "On ne sait pas si l'acte est enregistré : envoyez-le de nouveau", "Ntibizwi niba byabitswe: ongera wohereze"},
	"problem.full":        {"There is no room", "Il n'y a plus de place", "Nta mwanya usigaye"},
	"problem.broken":      {"The store is damaged", "Le registre est endommagé", "Ububiko bwarangiritse"},
	"problem.foreign":     {"Not from here", "Pas d'ici", "Ntibyemewe kuva ahandi"},
	"problem.unreachable": {"No answer in time", "Pas de réponse à temps", "Nta gisubizo mu gihe"},
	"problem.internal":    {"Something failed in this node", "Une erreur dans ce nœud", "Hari ikibazo muri iyi seriveri"},

	"back":           {"Back", "Retour", "Subira inyuma"},
	"indoubt":        {"clock in doubt", "horloge douteuse", "isaha irashidikanywaho"},
	"newer":          {"Written by a newer program: update this node to act here.", "Écrit par un programme plus récent : mettez ce nœud à jour pour agir ici.", "Byanditswe na porogaramu nshya: vugurura iyi seriveri."},
	"unjoined":       {"not yet joined", "pas encore rattaché", "ntibirahuzwa"},
	"contribution":   {"contribution", "contribution", "inyongera"},
	"unread":         {"written by a newer program", "écrit par un programme plus récent", "byanditswe na porogaramu nshya"},
	"raised.v1":      {"referral raised", "signalement", "amakuru yatanzwe"},
	"forwarded.v1":   {"forwarded", "transmis", "byoherejwe"},
	"accepted.v1":    {"accepted", "accepté", "byakiriwe"},
	"sentback.v1":    {"sent back", "renvoyé", "byasubijwe"},
	"assessed.v1":    {"assessed", "évalué", "byasuzumwe"},
	"proposed.v1":    {"placement proposed", "placement proposé", "hatanzwe igitekerezo cy'aho umwana yarererwa"},
	"decided.v1":     {"decided", "décidé", "hafashwe icyemezo"},
	"contributed.v1": {"contributed", "contribution", "inyongera"},
	"takenover.v1":   {"taken over", "repris", "byafashwe n'ibiro byo hejuru"},
	"restricted.v1":  {"kept from others", "réservé", "byabitswe mu ibanga"},
	"opened.v1":      {"opened from outside", "ouvert de l'extérieur", "byafunguwe n'abo hanze"},
	"erased.v1":      {"erased", "effacé", "byasibwe"},
	"erasedhere.v1":  {"keys destroyed", "clés détruites", "imfunguzo zasenywe"},
}

// words finds a text in one language; a key that is not there is its own text.
type words string

// T is the text of a key.
func (w words) T(key string) string {
	t, ok := texts[key]
	if !ok {
		return key
	}
	switch w {
	case "fr":
		return t[1]
	case "rw":
		return t[2]
	}
	return t[0]
}

func langOf(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); Speaks(lang) {
		return lang
	}
	return langDefault
}

// Speaks reports whether the pages have a language.
func Speaks(lang string) bool {
	return slices.ContainsFunc(langs, func(l struct{ Code, Name string }) bool { return l.Code == lang })
}

// label is a code of the pack in words.
func (s *Server) label(list, code, lang string) string {
	if code == "" {
		return ""
	}
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil || !slices.Contains(pack.Codes(list), code) {
		return code
	}
	return pack.Label(list, code, lang)
}
