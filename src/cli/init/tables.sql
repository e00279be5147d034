create schema if not exists mart;

create table if not exists mart.orders (
    order_id   bigint not null,
    customer   varchar(64) not null,
    amount     decimal(12, 2) not null,
    ordered_at timestamp not null
)
distkey (customer)
sortkey (ordered_at);

create table if not exists mart.daily_sales (
    day       date not null,
    orders    bigint not null,
    customers bigint not null,
    amount    decimal(18, 2) not null
);
