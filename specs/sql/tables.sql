create schema if not exists mart;

create table if not exists mart.flights (
    flight_id      varchar(64) not null,
    flight_date    date not null,
    carrier        varchar(2) not null,
    flight         integer not null,
    tailnum        varchar(8),
    origin         varchar(3) not null,
    dest           varchar(3) not null,
    sched_dep_time integer,
    dep_delay      integer,
    arr_delay      integer,
    air_time       integer,
    distance       integer,
    time_hour      timestamp not null
)
diststyle key
distkey (flight_id)
sortkey (flight_date);

create table if not exists mart.weather (
    origin     varchar(3) not null,
    year       integer,
    month      integer,
    day        integer,
    hour       integer,
    temp       double precision,
    dewp       double precision,
    humid      double precision,
    wind_dir   integer,
    wind_speed double precision,
    wind_gust  double precision,
    precip     double precision,
    pressure   double precision,
    visib      double precision,
    time_hour  timestamp not null
)
sortkey (time_hour);

create table if not exists mart.departures (
    flight_id    varchar(64) not null,
    flight_date  date not null,
    carrier      varchar(2) not null,
    origin       varchar(3) not null,
    dest         varchar(3) not null,
    dep_delay    integer,
    wind_speed   double precision,
    visib        double precision,
    manufacturer varchar(64),
    seats        integer
)
sortkey (flight_date);
