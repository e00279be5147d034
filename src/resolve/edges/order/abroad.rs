//! What a touch has to do with other pipelines.

use super::{Behind, Order};
use crate::plan::Place;
use crate::resolve::edges::{At, Graph, Makers, Role, touch};
use crate::sql::Access;

impl Graph {
    /// Notes who makes the same data in other pipelines, and what nobody makes. `behind` are the tables that it sees
    /// through a view.
    pub(super) fn look_abroad(
        &mut self,
        order: &Order<'_, '_>,
        at: At,
        makers: &Makers,
        behind: &[Behind<'_, '_>],
    ) {
        let item = order.touch(at);
        let foreign = |other: &At| other.pipeline != at.pipeline;
        // Making a view gives nobody new rows: where those of its tables are told, it counts only when it is
        // told by data itself.
        let has_rows =
            |one: &Behind<'_, '_>| !one.is_view && one.makers.givers().any(|other| foreign(&other));
        let is_view = behind.iter().any(has_rows);
        let tells = |other: &At| {
            let schedule = &order.pipelines[other.pipeline].spec.schedule;
            foreign(other) && (!is_view || (schedule.is_none() && !schedule.broken))
        };
        for Behind { makers, is_view, .. } in behind {
            let given = makers.givers().filter(|other| if *is_view { tells(other) } else { foreign(other) });
            self.foreign.extend(given.map(|other| (at, other)));
        }
        if item.access == Access::Reads {
            self.seen.extend(behind.iter().map(|one| (at, one.table.clone())));
            // What a step makes, fills and drops itself is there for nobody else.
            let is_there = |maker: At| {
                let task = &order.pipelines[maker.pipeline].tasks[maker.task];
                let is_own = (maker.pipeline, maker.task) == (at.pipeline, at.task);
                is_own || !Role::of(task, &touch(order.pipelines, maker).dataset).is_private()
            };
            if !item.external && !makers.all().any(is_there) {
                self.unmade.push(at);
            }
            self.foreign.extend(makers.givers().filter(tells).map(|other| (at, other)));
            // What a crawler makes is created only; it is new data when nobody else makes it.
            if makers.is_one() && matches!(item.dataset, Place::CatalogTable(_)) {
                let places = makers.places.iter().copied().filter(foreign);
                self.foreign.extend(places.map(|other| (at, other)));
            }
        }
        if !item.access.changes_rows() {
            return;
        }
        if matches!(item.dataset, Place::Prefix(_)) {
            // Removing what another pipeline has written is no second writing of it.
            if item.access == Access::Empties {
                return;
            }
            let earlier = makers.givers().filter(|other| other.pipeline < at.pipeline);
            self.overlapping.extend(earlier.map(|other| (at, other)));
            return;
        }
        // Told once for a table: at the last one of all who write it.
        let empties = |other: &At| order.touch(*other).access == Access::Empties;
        let changers = || makers.givers().chain(makers.places.iter().copied().filter(empties));
        let (first, last) = (changers().min(), changers().max());
        if last == Some(at)
            && first.is_some_and(|first| first.pipeline != at.pipeline)
            && makers.givers().next().is_some()
        {
            self.shared.push(changers().collect());
        }
    }
}
