-- Redshift's system tables and those of its functions that PostgreSQL lacks.

create schema redshift_catalog;
grant usage on schema redshift_catalog to public;
set search_path to redshift_catalog;

create table sys_load_error_detail (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer,
    database_name character(64), table_id integer, start_time timestamp,
    file_name character(256), line_number bigint, column_name character(127),
    column_type character(10), column_length character(10), position integer,
    error_code integer, error_message character(512));

create table sys_load_history (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer,
    database_name text, status text, table_name text, start_time timestamp,
    end_time timestamp, duration bigint, data_source text, file_format text,
    loaded_rows bigint, loaded_bytes bigint, source_file_count integer,
    source_file_bytes bigint, file_count_scanned integer, file_bytes_scanned bigint,
    error_count bigint, copy_job_id bigint);

create table sys_unload_history (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer,
    database_name text, status text, start_time timestamp, end_time timestamp,
    duration bigint, file_format text, compression_type text, unloaded_location text,
    unloaded_rows bigint, unloaded_files_count bigint, unloaded_files_size bigint,
    error_message text);

create table sys_query_history (
    user_id integer, query_id bigint, query_label character(320),
    transaction_id bigint, session_id integer, database_name character(128),
    query_type character(32), status character(10), result_cache_hit boolean,
    start_time timestamp, end_time timestamp, elapsed_time bigint, queue_time bigint,
    execution_time bigint, error_message character(512), returned_rows bigint,
    returned_bytes bigint, query_text character(4000));

create table stl_load_errors (
    userid integer, slice integer, tbl integer, starttime timestamp, session integer,
    query integer, filename character(256), line_number bigint, colname character(127),
    type character(10), col_length character(10), position integer,
    raw_line character(1024), raw_field_value character(1024), err_code integer,
    err_reason character(100), is_partial integer, start_offset bigint,
    copy_job_id bigint);

create table sys_mv_refresh_history (
    user_id integer, session_id integer, transaction_id bigint,
    database_name character(128), schema_name character(128), mv_id bigint,
    mv_name character(128), refresh_type character(32), status text,
    start_time timestamp, end_time timestamp, duration bigint,
    consumer_account character(12), consumer_region character(32),
    consumer_namespace character(36));
grant select on sys_mv_refresh_history to public;

-- What is said of a materialized view and PostgreSQL does not keep.
create table views (oid oid primary key, autorefresh character(1), state integer);
grant select, insert, update, delete on views to public;

create view svv_mv_info as
    select coalesce(nullif(current_setting('lab.database', true), ''), current_database())
               ::character(128) as database_name,
           n.nspname::character(128) as schema_name,
           c.relowner::regrole::text::character(128) as user_name,
           c.relname::character(128) as name, 'f'::character(1) as is_stale,
           coalesce(v.state, 1) as state, 'f'::character(1) as autorewrite,
           coalesce(v.autorefresh, 'f') as autorefresh
    from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        left join views v on v.oid = c.oid
    where c.relkind = 'm' and pg_catalog.pg_has_role(c.relowner, 'usage');

create view svv_mv_dependency as
    select distinct i.database_name, n.nspname::character(128) as schema_name,
           c.relname::character(128) as name,
           i.database_name as dependent_database_name,
           bn.nspname::character(128) as dependent_schema_name,
           b.relname::character(128) as dependent_name
    from pg_catalog.pg_depend d
        join pg_catalog.pg_rewrite r on r.oid = d.objid
        join pg_catalog.pg_class c on c.oid = r.ev_class and c.relkind = 'm'
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_class b on b.oid = d.refobjid and b.relkind = 'm'
        join pg_catalog.pg_namespace bn on bn.oid = b.relnamespace
        join svv_mv_info i on i.name = c.relname and i.schema_name = n.nspname
    where b.oid <> c.oid;

-- What is said of an external schema and PostgreSQL does not keep.
create table external_schemas (
    oid oid primary key, kind smallint, database text, options text);
grant select, insert, update, delete on external_schemas to public;

create view svv_external_schemas as
    select n.oid as esoid, e.kind as eskind, n.nspname as schemaname,
           n.nspowner::oid::int as esowner, e.database as databasename,
           e.options as esoptions
    from external_schemas e join pg_catalog.pg_namespace n on n.oid = e.oid
    where pg_catalog.pg_has_role(n.nspowner, 'usage');
grant select on svv_external_schemas to public;

create view stv_mv_info as
    select database_name as db_name, schema_name as schema, name,
           0::bigint as updated_upto_xid, is_stale, user_name as owner_user_name, state,
           autorefresh, autorewrite
    from svv_mv_info;

create view svl_mv_refresh_status as
    select database_name as db_name, user_id::bigint as userid, schema_name, mv_name,
           transaction_id as xid, start_time as starttime, end_time as endtime, status,
           refresh_type
    from sys_mv_refresh_history;

grant select on svv_mv_info, svv_mv_dependency to public;

grant select on sys_load_error_detail, sys_load_history, sys_query_history,
    sys_unload_history to public;

-- Redshift keeps an IDENTITY as the default of its column.
create view redshift_catalog.pg_attrdef as
    with found as (
        select adrelid, adnum, pg_catalog.pg_get_expr(adbin, adrelid) as source
        from pg_catalog.pg_attrdef
        union all
        select attrelid, attnum,
               case attidentity when 'a' then '"identity"(' else 'default_identity(' end
                   || attrelid || ', 0, ''1,1''::text)'
        from pg_catalog.pg_attribute where attidentity <> '')
    select adrelid, adnum, source as adbin, source as adsrc from found;

grant select on redshift_catalog.pg_attrdef to public;

create function pg_get_expr(text, oid) returns text language sql immutable as $$
    select $1
$$;

create function getdate() returns timestamp language sql stable as $$
    select date_trunc('second', now() at time zone 'UTC')
$$;

create function pg_last_copy_id() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('lab.copy_id', true), ''), '-1')::bigint
$$;

create function pg_last_copy_count() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('lab.copy_count', true), ''), '0')::bigint
$$;

create function len(text) returns integer language sql immutable as $$
    select char_length($1)
$$;

create function trunc(timestamp) returns date language sql immutable as $$
    select $1::date
$$;

create function last_day(timestamp) returns date language sql immutable as $$
    select (date_trunc('month', $1) + interval '1 month - 1 day')::date
$$;

create function add_months(timestamp, integer) returns timestamp
language sql immutable as $$
    select $1 + make_interval(months => $2)
$$;

create function convert_timezone(text, text, timestamp) returns timestamp
language sql stable as $$
    select ($3 at time zone $1) at time zone $2
$$;

create function convert_timezone(text, timestamp) returns timestamp
language sql stable as $$
    select ($2 at time zone 'UTC') at time zone $1
$$;

create function json_parse(text) returns jsonb language sql immutable as $$
    select $1::jsonb
$$;

create function dateadd(part text, n bigint, t timestamp) returns timestamp
language sql immutable as $$
    select t + n * case lower(part)
        when 'quarter' then interval '3 months'
        when 'qtr' then interval '3 months'
        when 'week' then interval '7 days'
        else ('1 ' || part)::interval
    end
$$;

create function datediff(part text, a timestamp, b timestamp) returns bigint
language plpgsql immutable as $$
declare
    years bigint := extract(year from b) - extract(year from a);
begin
    case lower(part)
    when 'year' then
        return years;
    when 'quarter' then
        return years * 4 + extract(quarter from b) - extract(quarter from a);
    when 'month' then
        return years * 12 + extract(month from b) - extract(month from a);
    when 'week' then
        -- Redshift's weeks begin on Sunday, PostgreSQL's on Monday.
        return (date_trunc('week', b + interval '1 day')::date
            - date_trunc('week', a + interval '1 day')::date) / 7;
    when 'day' then
        return b::date - a::date;
    when 'hour', 'minute', 'second' then
        return round(extract(epoch from date_trunc(part, b) - date_trunc(part, a))
            / extract(epoch from ('1 ' || part)::interval));
    when 'millisecond' then
        return round(extract(epoch from b - a) * 1000);
    when 'microsecond' then
        return round(extract(epoch from b - a) * 1000000);
    else
        raise exception 'datediff: unknown date part %', part;
    end case;
end
$$;

-- Redshift counts the bytes of a text and not its characters: each column of a limited
-- length has a check, which `session.py` words as Redshift does.
create or replace function lab_bytes() returns event_trigger language plpgsql as $$
declare
    one record;
begin
    -- The changes below are none of a client's.
    if current_setting('lab.adding', true) = 'yes' then
        return;
    end if;
    perform set_config('lab.adding', 'yes', true);
    for one in
        select c.oid::regclass as place, k.conname
        from pg_event_trigger_ddl_commands() d
            join pg_class c on c.oid = d.objid and c.relkind = 'r'
            join pg_constraint k on k.conrelid = c.oid and k.conname like 'lab\_%'
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
            join pg_type t on t.oid = a.atttypid
        where d.classid = 'pg_class'::regclass
            and k.conname <> concat_ws('_', 'lab', t.typname, a.atttypmod - 4, a.attnum)
    loop
        execute format('alter table %s drop constraint %I', one.place, one.conname);
    end loop;
    for one in
        select distinct c.oid::regclass as place, a.attname, a.atttypmod - 4 as length,
            concat_ws('_', 'lab', t.typname, a.atttypmod - 4, a.attnum) as name
        from pg_event_trigger_ddl_commands() d
            join pg_class c on c.oid = d.objid and c.relkind = 'r'
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_type t on t.oid = a.atttypid and t.typname in ('varchar', 'bpchar')
        where d.classid = 'pg_class'::regclass and a.atttypmod > 4
            and not exists (
                select from pg_constraint k
                where k.conrelid = c.oid
                    and k.conname = concat_ws('_', 'lab', t.typname, a.atttypmod - 4, a.attnum)
            )
    loop
        execute format(
            'alter table %s add constraint %I check (octet_length(%I) <= %s)',
            one.place, one.name, one.attname, one.length
        );
    end loop;
    perform set_config('lab.adding', 'no', true);
end
$$;
create event trigger lab_bytes on ddl_command_end
    when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    execute function lab_bytes();
