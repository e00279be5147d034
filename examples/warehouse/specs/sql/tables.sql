create schema if not exists books;
create table if not exists books.customers (
  customer_id bigint not null,
  name        varchar(200) not null,
  country     char(2)
);
create table if not exists books.revenue (
  day         date not null,
  customer_id bigint not null,
  name        varchar(200),
  amount      decimal(14, 2) not null
)
