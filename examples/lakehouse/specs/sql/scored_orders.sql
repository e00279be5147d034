merge into shop.scored_orders t
using (
  select o.order_id, o.customer_id, o.country, o.amount_eur, o.ordered_at, s.score
  from shop.clean_orders o
  left join shop.scores s on s.order_id = o.order_id and s.dt = o.dt
  where o.dt = '{{ ds }}'
) n
on t.order_id = n.order_id
when matched then update set
  customer_id = n.customer_id, country = n.country, amount_eur = n.amount_eur, ordered_at = n.ordered_at,
  score = n.score, day = date '{{ ds }}'
when not matched then insert (order_id, customer_id, country, amount_eur, ordered_at, score, day)
  values (n.order_id, n.customer_id, n.country, n.amount_eur, n.ordered_at, n.score, date '{{ ds }}')
