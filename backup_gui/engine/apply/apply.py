"""Carries out a plan: copies in groups between two flushes, then moves, then deletions, then the folders' metadata.

Each action is checked again against the current state, so that an outdated plan does no harm. An error of one path
becomes a problem, and the other actions continue.
"""

from __future__ import annotations

import contextlib
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from backup_gui.engine.apply.batches import Batches
from backup_gui.engine.apply.copy_worker import is_small_copy
from backup_gui.engine.apply.create import Creator
from backup_gui.engine.apply.hard_links import LinkMaker
from backup_gui.engine.apply.publish import Publisher
from backup_gui.engine.apply.remove import Remover
from backup_gui.engine.destination.history_loss import say_lost
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.xattrs import attributes_of_source
from backup_gui.engine.ownership.intents import IN_PLACE, Intents, lacking
from backup_gui.engine.state.database import ROOT_KEY
from backup_gui.model.entries import FILE, FOLDER, kind_of
from backup_gui.model.errors import BackupError, DestinationFullError, DestinationUnusableError, RootAbsentError
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import CREATE, REPLACE, SET_METADATA, Op, Phase, ProblemCode, Stage
from backup_gui.model.problems import UNFIT, is_full, problem, problem_from
from backup_gui.model.reasons import Reason, ReasonCode, system_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.apply.worker_start import WorkerStart
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.plans import Action

_COPIES = frozenset({CREATE, REPLACE, SET_METADATA})


class PlanRunner:
    """Carries out one plan. The results are recorded also of a cancelled run."""

    def __init__(self, context: PassContext[Destination], stats: PassStats, worker_start: WorkerStart) -> None:
        self._source = source = context.source
        self._target = target = context.destination
        self._catalog = catalog = context.catalog
        self._stats = stats
        self._meter = context.meter
        self._should_stop = context.should_stop
        self._worker_start = worker_start
        links = LinkMaker(source, target, catalog)
        self._intents = Intents(source, target, catalog)
        self._publisher = Publisher(target, catalog, links, stats, self._intents)
        self._creator = Creator(context, stats, links, self._publisher, self._intents, self._publish)
        self._batches = Batches(None, target, self._publisher, self._creator)
        self._remover = Remover(context, stats, self._intents, self._copy_at_once)

    def run(self, actions: Sequence[Action], litter: Iterable[str], *, files_total: int, bytes_total: int) -> None:
        """Carry out actions, in the given order: first deletions of what is in the way, then copies, moves, deletions.

        Raises:
            Cancelled: ``should_stop`` returned True; every file in the mirror is complete.
            RootAbsentError: The source is no longer in its place.
            DestinationUnusableError: Nothing can be written at all.
        """
        self._meter.begin(Phase.COPYING, files_total, bytes_total)
        try:
            self._sweep(litter)
            worker = self._worker_start.copy_worker(actions, self._target)
            self._batches = Batches(worker, self._target, self._publisher, self._creator)
            self._carry_out(actions)
            self._publish()
            self._finish_folders()
            self._target.flush()
            self._remover.forget_gone()
            self._intents.fulfil()
            if self._target.history.is_lost:
                say_lost(self._target)
                self._stats.add_problem(problem(ProblemCode.HISTORY_LOST, "", Stage.HISTORY))
        except OSError as error:
            self._drop()
            raise _of_the_destination(error) from error
        except BaseException:
            self._drop()
            raise
        finally:
            try:
                self._batches.close()
                self._publisher.record()
                self._remover.forget_gone()
            finally:
                # However the run ends: a folder must not keep the mode that it only has during the pass.
                with contextlib.suppress(OSError, BackupError):
                    self._finish_folders()
                self._catalog.commit()
        self._meter.end()

    def _carry_out(self, actions: Sequence[Action]) -> None:
        is_checked = False
        for op, run in groupby(self._due(actions), key=attrgetter("op")):
            if op in _COPIES:
                if self._remover.gone:
                    # Before anything else is recorded at a deleted path.
                    self._remover.forget_gone()
                self._copy(run)
                continue
            self._publish()
            if not is_checked:
                self._check_source()
                is_checked = True
            (self._remover.move if op is Op.MOVE else self._remover.delete)(run)

    def _due(self, actions: Sequence[Action]) -> Iterator[Action]:
        """Yield the actions that can be carried out, each when it is its turn."""
        for index, action in enumerate(actions):
            if self._should_stop():
                raise Cancelled
            if self._stats.unmade and parent_of(action.path) in self._stats.unmade:
                if action.kind is FOLDER:
                    self._stats.unmade.add(action.path)
                if action.old_path is not None:
                    # The next pass tries the folder again; for the old name there will be no further notification.
                    self._stats.note_missed(action.old_path)
                continue
            if action.op in IN_PLACE:
                self._intents.look_ahead(actions, index)
            yield action

    def _copy(self, actions: Iterable[Action]) -> None:
        batches, size = self._batches, self._batches.size
        for action in actions:
            if is_small_copy(action):
                batches.waiting.append(action)
                if len(batches.waiting) == size:
                    batches.hand_over()
                    self._publish_if_full()
                continue
            if action.kind is FILE:
                # The next step may take long, or ask the catalog for other hard links of the file.
                self._publisher.record()
            self._creator.make(action)
            self._publish_if_full()

    def _copy_at_once(self, action: Action) -> None:
        self._creator.make(action)
        self._publish()

    def _check_source(self) -> None:
        if not self._source.is_root_in_place():
            raise RootAbsentError(Reason(ReasonCode.SOURCE_MOVED))

    def _sweep(self, litter: Iterable[str]) -> None:
        paths = list(litter)
        for path, error in self._target.discard(paths).items():
            self._stats.add_problem(problem_from(error, path, Stage.DELETE))
        self._stats.touched.update(map(parent_of, paths))

    # Publishing

    def _publish_if_full(self) -> None:
        if self._publisher.is_full:
            self._batches.finish()
            self._publisher.publish()
            if not self._batches.records_between:
                self._publisher.record()

    def _publish(self) -> None:
        """Publish what is ready, and record it.

        Raises:
            DestinationUnusableError: It cannot be flushed. A caller that handles a single path must not turn this into
                a problem of that path.
        """
        try:
            self._batches.finish()
            self._publisher.publish()
            self._publisher.record()
        except OSError as error:
            raise _of_the_destination(error) from error

    def _drop(self) -> None:
        self._batches.close()
        self._publisher.drop()

    # At the end

    def _finish_folders(self) -> None:
        """Restore mode and times of the folders that were changed, the deepest first."""
        touched = sorted(self._stats.touched, key=lambda path: path.count("/") if path else -1, reverse=True)
        self._stats.touched.clear()
        for path in touched:
            entry = None
            try:
                entry = self._source.look(path)
                if entry is None or kind_of(entry) is not FOLDER:
                    continue
                is_attributed = path in self._stats.attributed
                attributes = attributes_of_source(self._source, path) if is_attributed else None
                self._target.set_metadata(path, entry, attributes)
                if is_attributed and path:
                    self._catalog.record(path, entry)
                elif is_attributed:
                    self._catalog.remember(ROOT_KEY, str(entry.st_ctime_ns))
            except FileNotFoundError:
                continue
            except OSError as error:
                if path and path in self._stats.attributed and entry is not None:
                    self._catalog.record(path, lacking(entry))
                self._stats.add_problem(problem_from(error, path, Stage.METADATA))
            except UNFIT as error:
                self._stats.add_problem(problem_from(error, path, Stage.METADATA))


def _of_the_destination(error: OSError) -> BackupError:
    kind = DestinationFullError if is_full(error) else DestinationUnusableError
    return kind(Reason(ReasonCode.DESTINATION_UNWRITTEN, why=system_words(error)))
