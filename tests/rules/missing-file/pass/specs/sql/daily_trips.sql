insert into mart.daily select 1
