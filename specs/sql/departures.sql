-- The rows of the day are replaced, so that a run can be repeated.
delete from mart.departures where flight_date = '{{ ds }}';

insert into mart.departures
select
    f.flight_id,
    f.flight_date,
    f.carrier,
    f.origin,
    f.dest,
    f.dep_delay,
    w.wind_speed,
    w.visib,
    p.manufacturer,
    p.seats
from mart.flights f
left join mart.weather w
    on w.origin = f.origin
    and w.time_hour = f.time_hour
left join mart.planes p
    on p.tailnum = f.tailnum
where f.flight_date = '{{ ds }}';
