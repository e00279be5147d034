-- {% if full %} is nothing here, {{ neither is this }}
insert into mart.copy select * from mart.trips
{% if not params.full %} where day = '{{ ds }}' {% endif %}
