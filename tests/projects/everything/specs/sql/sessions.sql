-- The table of the first run.
create table if not exists lake.sessions (user_id string, n bigint, day date)
partitioned by (day(day))
location 's3://acme-dev-lake/sessions/'
tblproperties ('table_type' = 'ICEBERG')
