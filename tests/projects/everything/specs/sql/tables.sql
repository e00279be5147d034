-- made on the first run
create schema if not exists mart;
create table if not exists mart.trips (trip_id bigint not null, fare decimal(8, 2), dt date sortkey) diststyle even;
create table if not exists mart.trips_copy (like mart.trips);
create table if not exists mart.daily (day date, trips bigint, rate float8);
grant usage on schema mart to group ${environment};
