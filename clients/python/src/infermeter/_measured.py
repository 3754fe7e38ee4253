"""Functions whose calls are requests."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, TypeVar, cast

from infermeter._request import Request

F = TypeVar("F", bound=Callable[..., Any])


def measured(function: F, begin: Callable[[], Request], phase: str) -> F:
    if inspect.isasyncgenfunction(function):
        wrapper: Callable[..., Any] = _async_generator(function, begin, phase)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, begin, phase)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, begin, phase)
    else:
        wrapper = _plain(function, begin, phase)
    return cast(F, functools.wraps(function)(wrapper))


class _Measured:
    """A request and, if it has a name, the one phase that it is."""

    def __init__(self, begin: Callable[[], Request], phase: str) -> None:
        self._request = begin()
        self._phase = self._request.phase(phase) if phase else None

    def __enter__(self) -> Request:
        return self._request

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._phase is not None:
            self._phase.end()
        self._request.__exit__(kind, error, trace)


def _plain(function: Callable[..., Any], begin: Callable[[], Request], phase: str) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Measured(begin, phase):
            return function(*args, **kwargs)

    return wrapper


def _coroutine(function: Callable[..., Any], begin: Callable[[], Request], phase: str) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Measured(begin, phase):
            return await function(*args, **kwargs)

    return wrapper


def _generator(function: Callable[..., Any], begin: Callable[[], Request], phase: str) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Measured(begin, phase) as request:
            items = function(*args, **kwargs)
            resume = functools.partial(next, items)
            try:
                while True:
                    try:
                        item = resume()
                    except StopIteration as end:
                        return end.value
                    request.first_token()
                    try:
                        resume = functools.partial(items.send, (yield item))
                    except Exception as error:
                        resume = functools.partial(items.throw, error)
            finally:
                items.close()

    return wrapper


def _async_generator(
    function: Callable[..., Any], begin: Callable[[], Request], phase: str
) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Measured(begin, phase) as request:
            items = function(*args, **kwargs)
            try:
                async for item in items:
                    request.first_token()
                    yield item
            finally:
                await items.aclose()

    return wrapper
