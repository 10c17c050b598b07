package sim

// The branches of a schedule. Each must be taken over a run of many seeds: what
// is never tried is never checked.
const (
	tookRaise      = "referral raised"
	tookForward    = "forwarded"
	tookAccept     = "accepted"
	tookSendBack   = "sent back"
	tookAssess     = "assessed"
	tookContribute = "contributed"
	tookPropose    = "proposed"
	tookDecide     = "decided"
	tookTakeOver   = "taken over"
	tookTwoAtOnce  = "taken over by two at once"
	tookHosted     = "act for an office without a node"
	tookBarred     = "decision that the gate bars"
	tookNoPen      = "act without the pen refused"
	tookUnlinked   = "take-over before linking refused"
	tookAgain      = "command sent again and found"
	tookRepeated   = "id used for another act refused"

	tookCut          = "link cut"
	tookRejoin       = "link back"
	tookDark         = "office dark"
	tookRestart      = "node restarted"
	tookRestore      = "store restored from an older copy"
	tookRestoreAct   = "restored store written before it links"
	tookDestroy      = "store lost"
	tookRefill       = "lost store filled again"
	tookLoseAnswer   = "answer of the store lost"
	tookLoseRequest  = "request to the store lost"
	tookRace         = "append lost a race"
	tookLeap         = "time leaps"
	tookRotate       = "keys rotated"
	tookNationRotate = "the nation's keys rotated"
	tookRotateLost   = "answer to a rotation lost"
	tookNotRotated   = "rotation refused for now"

	tookSuspend  = "node suspended"
	tookResume   = "node resumed"
	tookRecall   = "office moved to the node above"
	tookReturn   = "office moved to its own node"
	tookSettle   = "office given a first node of its own"
	tookRevoke   = "keys revoked"
	tookReplace  = "machine replaced"
	tookThief    = "what a thief signed with an old key refused"
	tookNotStood = "standing of a node not changed by what may be an older copy"
	tookKept     = "kept at a suspended node"

	tookLocked = "act at a locked node refused"
	tookUntold = "event refused while locked"
	tookTold   = "refusal told once unlocked"

	tookBatch        = "batch taken"
	tookBatchLost    = "batch lost"
	tookBatchTwice   = "batch delivered twice"
	tookBatchOld     = "old batch delivered later"
	tookReplyLost    = "answer to a batch lost"
	tookGreetLost    = "answer to a greeting lost"
	tookGreetAgain   = "session not known: greeted again"
	tookEcho         = "what came from a neighbour is not sent back"
	tookFirst        = "first of a batch refused"
	tookMiddle       = "middle of a batch refused"
	tookLast         = "last of a batch refused"
	tookWhole        = "whole batch refused"
	tookBadForm      = "refused: form"
	tookBadSize      = "refused: size"
	tookBadSubject   = "refused: subject"
	tookBadAuthor    = "refused: author"
	tookBadSignature = "refused: signature"
	tookBadClone     = "refused: clone"
	tookOwnRefused   = "event in a node's own stream refused by its neighbours"

	tookClosed = "sealed, and closed to who is no holder"
	tookOpened = "sealed, and read where it was written"

	tookLate     = "late act"
	tookUnjoined = "act not yet joined"
	tookLost     = "numbers gone with a store, and their gap shown"
	tookHeard    = "answer heard where it was raised"
	tookWaiting  = "referral waits in an inbox"

	tookErase     = "erased"
	tookInCodes   = "told in codes, as the case was erased"
	tookDestroyed = "keys destroyed on an order"
	tookWraps     = "wraps passed on"
	tookAsks      = "keys asked for"
	tookAnswered  = "an ask answered"
)

// Branches names all of them, in the order in which they are shown.
var Branches = []string{
	tookRaise, tookForward, tookAccept, tookSendBack, tookAssess, tookContribute, tookPropose, tookDecide, tookTakeOver, tookTwoAtOnce,
	tookHosted, tookBarred, tookNoPen, tookUnlinked, tookAgain, tookRepeated,
	tookCut, tookRejoin, tookDark, tookRestart, tookRestore, tookRestoreAct, tookDestroy, tookRefill, tookLoseAnswer, tookLoseRequest, tookRace, tookLeap,
	tookRotate, tookNationRotate, tookRotateLost, tookNotRotated,
	tookSuspend, tookResume, tookRecall, tookReturn, tookSettle, tookRevoke, tookReplace, tookThief, tookNotStood, tookKept,
	tookLocked, tookUntold, tookTold,
	tookBatch, tookBatchLost, tookBatchTwice, tookBatchOld, tookReplyLost, tookGreetLost, tookGreetAgain, tookEcho,
	tookFirst, tookMiddle, tookLast, tookWhole,
	tookBadForm, tookBadSize, tookBadSubject, tookBadAuthor, tookBadSignature, tookBadClone, tookOwnRefused,
	tookClosed, tookOpened,
	tookLate, tookUnjoined, tookLost, tookHeard, tookWaiting,
	tookErase, tookInCodes, tookDestroyed, tookWraps, tookAsks, tookAnswered,
}
