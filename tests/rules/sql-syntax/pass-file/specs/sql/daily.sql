-- every day: {{ not a template }}
insert into mart.daily
select '{{ ds }}', count(*) from ${environment}.trips;
