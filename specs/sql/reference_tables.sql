create schema if not exists mart;

create table if not exists mart.airlines (
    carrier varchar(2) not null,
    name    varchar(64) not null
)
diststyle all;

create table if not exists mart.airports (
    faa   varchar(3) not null,
    name  varchar(64) not null,
    lat   double precision,
    lon   double precision,
    alt   integer,
    tz    integer,
    dst   varchar(1),
    tzone varchar(64)
)
diststyle all;

create table if not exists mart.planes (
    tailnum      varchar(8) not null,
    year         integer,
    type         varchar(64),
    manufacturer varchar(64),
    model        varchar(64),
    engines      integer,
    seats        integer,
    speed        integer,
    engine       varchar(64)
)
diststyle all;
