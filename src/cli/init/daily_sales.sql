delete from mart.daily_sales where day = '{{ ds }}';

insert into mart.daily_sales (day, orders, customers, amount)
select cast(ordered_at as date), count(*), count(distinct customer), sum(amount)
from mart.orders
where ordered_at >= '{{ ds }}' and ordered_at < dateadd(day, 1, '{{ ds }}'::date)
group by cast(ordered_at as date);
