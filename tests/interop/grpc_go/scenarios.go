package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"interop/bank"
	"interop/dtmgimp"
)

const refused = "no such account"

var input = []byte("\x00input\xfe\x00")

// scenario plays a story to its end and returns what else it has seen.
type scenario func(*Story, context.Context) (any, error)

var scenarios = map[string]scenario{
	"saga":             (*Story).saga,
	"saga-refused":     (*Story).sagaRefused,
	"saga-busy":        (*Story).sagaBusy,
	"saga-ordered":     (*Story).sagaOrdered,
	"tcc":              (*Story).tcc,
	"tcc-refused":      (*Story).tccRefused,
	"xa":               (*Story).xa,
	"msg":              (*Story).msg,
	"msg-aborted":      (*Story).msgAborted,
	"msg-unsubmitted":  (*Story).msgUnsubmitted,
	"msg-denied":       (*Story).msgDenied,
	"topic":            (*Story).topic,
	"workflow":         (*Story).workflow,
	"workflow-failed":  (*Story).workflowFailed,
	"workflow-resumed": (*Story).workflowResumed,
	"mistakes":         (*Story).mistakes,
}

// --- Sagas

// sagaRequest moves money, with such flags for the two orders.
func (s *Story) sagaRequest(out, into *bank.Order) *dtmgimp.DtmRequest {
	var steps []map[string]string
	for _, name := range []string{"TransOut", "TransIn"} {
		steps = append(steps, map[string]string{
			"action": s.url(name), "compensate": s.url(name + "Revert"),
		})
	}
	request := s.request("saga")
	request.Steps = textOf(steps)
	request.BinPayloads = [][]byte{bytesOf(order(out)), bytesOf(order(into))}
	return request
}

func (s *Story) saga(ctx context.Context) (any, error) {
	request := s.sagaRequest(nil, nil)
	request.TransOptions.BranchHeaders = map[string]string{"x-color": "green"}
	request.TransOptions.PassthroughHeaders = []string{"x-trace"}
	return nil, s.submit(metadata.AppendToOutgoingContext(ctx, "x-trace", "t-7"), request)
}

func (s *Story) sagaRefused(ctx context.Context) (any, error) {
	return nil, s.submit(ctx, s.sagaRequest(nil, &bank.Order{Refuse: refused}))
}

func (s *Story) sagaBusy(ctx context.Context) (any, error) {
	return nil, s.submit(ctx, s.sagaRequest(&bank.Order{Busy: true}, nil))
}

func (s *Story) sagaOrdered(ctx context.Context) (any, error) {
	request := s.sagaRequest(nil, nil)
	request.CustomedData = textOf(map[string]any{
		"concurrent": true, "orders": map[string][]int{"0": {1}},
	})
	return nil, s.submit(ctx, request)
}

// --- TCC and XA

// tryBranch registers a branch and tries it.
func (s *Story) tryBranch(
	ctx context.Context, branchID, name string, flags *bank.Order,
) error {
	asked := order(flags)
	err := s.register(ctx, &dtmgimp.DtmBranchRequest{
		Gid: s.gid, TransType: "tcc", BranchID: branchID, BusiPayload: bytesOf(asked),
		Data: map[string]string{
			"confirm": s.url(name + "Confirm"), "cancel": s.url(name + "Cancel"),
		},
	})
	if err == nil {
		_, err = s.move(s.within(ctx, "tcc", branchID, "try"), name, asked)
	}
	return err
}

// runTcc tries both branches, the second one with such flags, and submits or aborts.
func (s *Story) runTcc(ctx context.Context, flags *bank.Order) error {
	if err := s.prepare(ctx, s.request("tcc")); err != nil {
		return err
	}
	err := s.tryBranch(ctx, "01", "TransOut", nil)
	if err == nil {
		err = s.tryBranch(ctx, "02", "TransIn", flags)
	}
	if err == nil {
		return s.submit(ctx, s.request("tcc"))
	}
	abort := s.request("tcc")
	abort.RollbackReason = status.Convert(err).Message()
	if _, failure := s.dtm.Abort(ctx, abort); failure != nil {
		return failure
	}
	return err
}

func (s *Story) tcc(ctx context.Context) (any, error) {
	return nil, s.runTcc(ctx, nil)
}

func (s *Story) tccRefused(ctx context.Context) (any, error) {
	return nil, s.runTcc(ctx, &bank.Order{Refuse: refused})
}

func (s *Story) xa(ctx context.Context) (any, error) {
	if err := s.prepare(ctx, s.request("xa")); err != nil {
		return nil, err
	}
	for _, branch := range [][2]string{{"01", "TransOut"}, {"02", "TransIn"}} {
		err := s.register(ctx, &dtmgimp.DtmBranchRequest{
			Gid: s.gid, TransType: "xa", BranchID: branch[0],
			Data: map[string]string{"url": s.url(branch[1])},
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, s.submit(ctx, s.request("xa"))
}

// --- Messages

// messageTo is an order for a URL, from a sender that can be asked.
func (s *Story) messageTo(action string) *dtmgimp.DtmRequest {
	request := s.request("msg")
	request.Steps = textOf([]map[string]string{{"action": action}})
	request.BinPayloads = [][]byte{bytesOf(order(nil))}
	request.QueryPrepared = s.url("QueryPrepared")
	return request
}

// message is an order for TransIn.
func (s *Story) message() *dtmgimp.DtmRequest {
	return s.messageTo(s.url("TransIn"))
}

func (s *Story) msg(ctx context.Context) (any, error) {
	if err := s.prepare(ctx, s.message()); err != nil {
		return nil, err
	}
	s.service.Commit()
	return nil, s.submit(ctx, s.message())
}

func (s *Story) msgAborted(ctx context.Context) (any, error) {
	if err := s.prepare(ctx, s.message()); err != nil {
		return nil, err
	}
	_, err := s.dtm.Abort(ctx, s.message())
	return nil, err
}

func (s *Story) msgUnsubmitted(ctx context.Context) (any, error) {
	s.service.Commit()
	return s.msgDenied(ctx)
}

func (s *Story) msgDenied(ctx context.Context) (any, error) {
	request := s.message()
	request.TransOptions.TimeoutToFail = 1
	return nil, s.prepare(ctx, request)
}

func (s *Story) topic(ctx context.Context) (any, error) {
	name := "news-" + s.gid
	news := func(suffix string) error {
		request := s.messageTo("topic://" + name)
		request.Gid += suffix
		return s.submit(ctx, request)
	}
	of := func(method string) *dtmgimp.DtmTopicRequest {
		return &dtmgimp.DtmTopicRequest{Topic: name, URL: s.url(method), Remark: "a bank"}
	}
	if _, err := s.dtm.Subscribe(ctx, of("TransOut")); err != nil {
		return nil, err
	}
	if _, err := s.dtm.Subscribe(ctx, of("TransIn")); err != nil {
		return nil, err
	}
	_, twice := s.dtm.Subscribe(ctx, of("TransIn"))
	if err := news(""); err != nil {
		return nil, err
	}
	if _, err := s.dtm.Unsubscribe(ctx, of("TransOut")); err != nil {
		return nil, err
	}
	if err := news("-2"); err != nil {
		return nil, err
	}
	if _, err := s.dtm.DeleteTopic(ctx, &dtmgimp.DtmTopicRequest{Topic: name}); err != nil {
		return nil, err
	}
	return map[string]string{"twice": codeOf(twice), "deleted": codeOf(news("-3"))}, nil
}

// --- Workflows

// workflowRequest names the workflow, its input, and where it is resumed.
func (s *Story) workflowRequest() *dtmgimp.DtmRequest {
	request := s.request("workflow")
	request.CustomedData = textOf(map[string]any{"name": "transfer", "data": input})
	request.QueryPrepared = s.address + "/workflow.Workflow/Execute"
	return request
}

// recorded stores the workflow, or returns what is recorded of it.
func (s *Story) recorded(ctx context.Context) (*dtmgimp.DtmProgressesReply, error) {
	return s.dtm.PrepareWorkflow(ctx, s.workflowRequest())
}

// told is what is recorded of a workflow in the form that the story tells.
func told(reply *dtmgimp.DtmProgressesReply) any {
	steps := [][]string{}
	for _, step := range reply.GetProgresses() {
		steps = append(steps, []string{
			step.GetBranchID(), step.GetOp(), step.GetStatus(),
			hex.EncodeToString(step.GetBinData()),
		})
	}
	ended := reply.GetTransaction()
	return []any{ended.GetStatus(), ended.GetRollbackReason(), ended.GetResult(), steps}
}

// outcome is how a step ended.
func (s *Story) outcome(branchID, status string, data []byte) *dtmgimp.DtmBranchRequest {
	return &dtmgimp.DtmBranchRequest{
		Gid: s.gid, TransType: "workflow", BranchID: branchID, BusiPayload: data,
		Data: map[string]string{"op": "action", "status": status},
	}
}

// do runs a step and records how it ended.
func (s *Story) do(ctx context.Context, branchID, method string, flags *bank.Order) error {
	receipt, err := s.move(s.within(ctx, "workflow", branchID, "action"), method, order(flags))
	if err != nil {
		reason := []byte(status.Convert(err).Message())
		return s.register(ctx, s.outcome(branchID, "failed", reason))
	}
	return s.register(ctx, s.outcome(branchID, "succeed", receipt.GetSeal()))
}

// end submits the workflow with such an end.
func (s *Story) end(ctx context.Context, extra map[string]string) error {
	request := s.workflowRequest()
	request.ReqExtra = extra
	return s.submit(ctx, request)
}

// succeed ends the workflow with a result.
func (s *Story) succeed(ctx context.Context) error {
	result := base64.StdEncoding.EncodeToString([]byte("paid"))
	return s.end(ctx, map[string]string{"status": "succeed", "result": result})
}

func (s *Story) workflow(ctx context.Context) (any, error) {
	begun, err := s.recorded(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.do(ctx, "01", "TransOut", nil); err != nil {
		return nil, err
	}
	recorded, err := s.recorded(ctx)
	if err != nil {
		return nil, err
	}
	twice := s.register(ctx, s.outcome("01", "succeed", seal))
	if err := s.succeed(ctx); err != nil {
		return nil, err
	}
	ended, err := s.recorded(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"begun": told(begun), "recorded": told(recorded), "ended": told(ended),
		"twice":        codeOf(twice),
		"contradicted": codeOf(s.end(ctx, map[string]string{"status": "failed"})),
		"late":         codeOf(s.register(ctx, s.outcome("02", "succeed", seal))),
	}, nil
}

func (s *Story) workflowFailed(ctx context.Context) (any, error) {
	if _, err := s.recorded(ctx); err != nil {
		return nil, err
	}
	if err := s.do(ctx, "01", "TransIn", &bank.Order{Refuse: refused}); err != nil {
		return nil, err
	}
	extra := map[string]string{"status": "failed", "rollback_reason": refused}
	if err := s.end(ctx, extra); err != nil {
		return nil, err
	}
	ended, err := s.recorded(ctx)
	return map[string]any{"ended": told(ended)}, err
}

func (s *Story) workflowResumed(ctx context.Context) (any, error) {
	if _, err := s.recorded(ctx); err != nil {
		return nil, err
	}
	return nil, s.do(ctx, "01", "TransOut", nil)
}

// resume goes on where the workflow was left, by what is recorded of it.
func (s *Story) resume(ctx context.Context, gid string) error {
	again := *s
	again.gid = gid
	reply, err := again.recorded(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, step := range reply.GetProgresses() {
		known[step.GetBranchID()] = true
	}
	for _, step := range [][2]string{{"01", "TransOut"}, {"02", "TransIn"}} {
		if known[step[0]] {
			continue
		}
		if err := again.do(ctx, step[0], step[1], nil); err != nil {
			return err
		}
	}
	return again.succeed(ctx)
}

// --- Mistakes

func (s *Story) mistakes(ctx context.Context) (any, error) {
	steps, payloads := s.sagaRequest(nil, nil), s.sagaRequest(nil, nil)
	steps.Steps = "[{"
	payloads.BinPayloads = nil
	_, abort := s.dtm.Abort(ctx, s.request("tcc"))
	branch := &dtmgimp.DtmBranchRequest{
		Gid: s.gid, TransType: "tcc", BranchID: "01",
		Data: map[string]string{"confirm": "", "cancel": ""},
	}
	return map[string]string{
		"type":     codeOf(s.submit(ctx, s.request("sago"))),
		"steps":    codeOf(s.submit(ctx, steps)),
		"payloads": codeOf(s.submit(ctx, payloads)),
		"gid":      codeOf(s.prepare(ctx, &dtmgimp.DtmRequest{TransType: "tcc"})),
		"address":  codeOf(s.submit(ctx, s.messageTo("nowhere"))),
		"abort":    codeOf(abort),
		"branch":   codeOf(s.register(ctx, branch)),
	}, nil
}
