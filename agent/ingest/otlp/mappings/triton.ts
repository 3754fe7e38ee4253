import { EMPTY_ID } from '../../byte-intern.ts';
import { HeldNames } from '../held-names.ts';
import { HeldRequest } from '../held-request.ts';
import type { ReadSpan } from '../read-span.ts';
import { declareMapping, HOLD, ignoredBy, PART, type ServerMapping } from '../server-mapping.ts';
import { statusOf } from './request-fields.ts';
import { TritonJoin } from './triton-join.ts';
import { ComputeSpan, ModelSpan, RootSpan } from './triton-spans.ts';

/** Cancelled, or broken off by its client: it never got an answer. */
const NO_RESPONSE = ignoredBy('no_response');

/**
 * Triton (src/tracer.cc): a root `InferRequest`, below it a span a model, below that `compute`; all events have exact
 * times. One request is joined of them by their parents. It sets no status, so that errors are unknown, and a request that
 * was cancelled shows only in that the event of its response is missing. It traces one request in 1,000 by default, and
 * each that carries a `traceparent`, whatever the rate: figures of load need `sample_rate`, and traced callers are seen
 * too often.
 */
export const triton = declareMapping({
  server: 'triton',
  attributes: {
    model: 'triton.model_name',
    version: 'triton.model_version',
    // As its documentation names them.
    bareModel: 'model_name',
    bareVersion: 'model_version',
  },
  resource: { variant: 'variant' },
  events: {
    httpReceived: 'HTTP_RECV_START',
    grpcReceived: 'GRPC_WAITREAD_START',
    response: 'INFER_RESPONSE_COMPLETE',
    queueStart: 'QUEUE_START',
    computeStart: 'COMPUTE_START',
    inputEnd: 'COMPUTE_INPUT_END',
    outputStart: 'COMPUTE_OUTPUT_START',
    computeEnd: 'COMPUTE_END',
  },
  texts: { scope: 'triton-server', root: 'InferRequest', compute: 'compute' },
  bind: ({ attributes: keys, resource: own, events, texts, intern, traces, waiting }) => {
    const names = new HeldNames(intern);
    const held = new TritonJoin(waiting, names);

    const mapRoot: ServerMapping['map'] = (span, out) => {
      const isTimed = span.hasEvent(events.httpReceived) || span.hasEvent(events.grpcReceived);
      if (isTimed && !span.hasEvent(events.response)) return NO_RESPONSE;
      out.variantId = span.resource.textId(own.variant);
      out.status = statusOf(out.status, false, false);
      // Of a request with one response its end is no first token.
      if (span.isRepeated(events.response)) out.ttftNs = span.eventNs(events.response);
      held.add(new RootSpan(span, new HeldRequest(out, names)));
      traces.note(span);
      return HOLD;
    };

    const addModel = (span: ReadSpan, nameId: number): void => {
      const { attributes } = span;
      const versionId = attributes.textId(attributes.has(keys.version) ? keys.version : keys.bareVersion);
      const named = { name: names.textOf(nameId), version: names.textOf(versionId) };
      held.add(new ModelSpan(span, named, span.eventNs(events.queueStart)));
    };

    return {
      held,
      claims: ({ attributes, scope }) => scope === texts.scope || attributes.has(keys.model),
      map: (span, out) => {
        const { attributes, name } = span;
        const nameId = attributes.textId(attributes.has(keys.model) ? keys.model : keys.bareModel);
        if (nameId !== EMPTY_ID) addModel(span, nameId);
        else if (name === texts.root) return mapRoot(span, out);
        else if (name === texts.compute) held.add(new ComputeSpan(span, events));
        return PART;
      },
    };
  },
});
