"""An agent on grpcio's own server that keeps what it is sent, and answers as told."""

from __future__ import annotations

import time
from concurrent import futures
from typing import Any, Callable

import grpc
from wire import BatchAck, OperatorAck, OperatorReport, Rejection, SpanBatch, rows_of

Answer = Callable[[Any, grpc.ServicerContext], Any]


class ScriptedAgent:
    """`answers`: how the next calls are answered, the others being acknowledged."""

    def __init__(
        self, address: str = "127.0.0.1:0", credentials: grpc.ServerCredentials | None = None
    ) -> None:
        self.batches: list[Any] = []
        self.reports: list[Any] = []
        self.metadata: list[dict[str, str]] = []
        self.answers: list[Answer] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        handlers = {
            "Report": grpc.unary_unary_rpc_method_handler(
                self._report, SpanBatch.FromString, BatchAck.SerializeToString
            )
        }
        operator_handlers = {
            "Report": grpc.unary_unary_rpc_method_handler(
                self._report_operators,
                OperatorReport.FromString,
                OperatorAck.SerializeToString,
            )
        }
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler("infermeter.v1.SpanService", handlers),
                grpc.method_handlers_generic_handler("infermeter.v1.OperatorService", operator_handlers),
            )
        )
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        self.address = address if address.startswith("unix:") else f"127.0.0.1:{port}"
        self._server.start()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All spans in the order in which they ended, those of a batch that came twice once."""
        once = {(batch.producer_id, batch.sequence): batch for batch in self.batches}
        rows = [row for batch in once.values() for row in rows_of(batch)]
        return sorted(rows, key=lambda row: row["end_unix_nano"])

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _report(self, batch: Any, context: grpc.ServicerContext) -> Any:
        self.batches.append(batch)
        self.metadata.append({key: str(value) for key, value in context.invocation_metadata()})
        if self.answers:
            return self.answers.pop(0)(batch, context)
        return acknowledge(batch, context)

    def _report_operators(self, report: Any, context: grpc.ServicerContext) -> Any:
        self.reports.append(report)
        return OperatorAck(accepted=len(report.operators))


def acknowledge(batch: Any, context: grpc.ServicerContext) -> Any:
    return BatchAck(sequence=batch.sequence, accepted=len(batch.columns.series_status))


def refuse_two(batch: Any, context: grpc.ServicerContext) -> Any:
    rejections = [Rejection(index=0, reason="too_late"), Rejection(index=1, reason="too_late")]
    return BatchAck(sequence=batch.sequence, rejected=2, rejections=rejections)


def fail_with(code: grpc.StatusCode, details: str) -> Answer:
    def answer(batch: Any, context: grpc.ServicerContext) -> Any:
        context.abort(code, details)

    return answer


def after(seconds: float) -> Answer:
    def answer(batch: Any, context: grpc.ServicerContext) -> Any:
        time.sleep(seconds)
        return acknowledge(batch, context)

    return answer
