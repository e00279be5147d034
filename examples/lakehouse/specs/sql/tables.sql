create table if not exists shop.scored_orders (
  order_id bigint,
  customer_id bigint,
  country string,
  amount_eur decimal(12, 2),
  ordered_at timestamp,
  score double,
  day date
)
partitioned by (day)
location 's3://${vars.lake}/scored_orders/'
tblproperties ('table_type' = 'ICEBERG', 'format' = 'parquet')
