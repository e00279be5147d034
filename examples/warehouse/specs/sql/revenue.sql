delete from books.revenue where day = '{{ ds | local }}';
insert into books.revenue
select '{{ ds | local }}'::date, i.customer_id, c.name, sum(i.amount)
from erp.invoices i
left join books.customers c on c.customer_id = i.customer_id
where i.dt = '{{ ds | local }}'
group by i.customer_id, c.name
