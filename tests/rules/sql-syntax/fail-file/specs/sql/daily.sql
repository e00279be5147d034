-- every day
insert into mart.daily
select day, from ${environment}.trips
group day
